from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell

from runbook.common.errors import ParameterError
from runbook.notebook.jupyter import cell_errors, typed_parameters

REST = "mode: str = None  # plan\nconnect = None\nstp = None\ndns = None\nprobes = None\n"


class Shell(InteractiveShell):
    """Keeps what a kernel would send."""

    sent: tuple[str, ...] = ()

    def _showtraceback(self, etype: object, evalue: object, stb: list[str]) -> None:
        del etype, evalue
        self.sent = (*self.sent, *stb)


@pytest.fixture
def shell() -> Shell:
    made = Shell()  # type: ignore[no-untyped-call]  # IPython has no annotation here
    cell_errors.load_ipython_extension(made)
    typed_parameters.load_ipython_extension(made)
    return made


@pytest.mark.parametrize(
    ("line", "problem", "fix"),
    [
        ("host = server-02", "it is text, and text needs quotes", 'host = "server-02"'),
        ("host = server-02  # mine", "it is text, and text needs quotes", 'host = "server-02"'),
        ("host: str = server-02", "it is text, and text needs quotes", 'host = "server-02"'),
        ("host = server", "it is text, and text needs quotes", 'host = "server"'),
        ("host = server.lan", "it is text, and text needs quotes", 'host = "server.lan"'),
        ("host = “server-02”", "straight quotes", 'host = "server-02"'),
        ('host = "server-02', "a quote is missing", 'host = "server-02"'),
        ('host = "server-02  # "x"', "a quote is missing", 'host = "server-02"'),
        ('host = server-02"', "it is text, and text needs quotes", 'host = "server-02"'),
        ("host =", "there is no value after the =", "host = None"),
        ("host = none", "capital letter", "host = None"),
        ("host = 172.16.1.1/16", "text needs quotes", 'host = "172.16.1.1/16"'),
    ],
)
def test_what_is_no_value_is_told_in_our_words_and_nothing_is_assigned(
    shell: Shell, line: str, problem: str, fix: str
) -> None:
    result = shell.run_cell(f"{line}\n{REST}")  # type: ignore[no-untyped-call]  # likewise
    assert isinstance(result.error_before_exec, ParameterError)
    told = "".join(shell.sent)
    assert problem in told
    assert fix in told
    assert "host:      -" in told
    for theirs in ("SyntaxError", "NameError", "octal", "Traceback"):
        assert theirs not in told
    assert "mode" not in shell.user_ns


@pytest.mark.parametrize(
    "cell",
    [
        f'host = "server-02"  # the name\n{REST}',
        f"host = 'a#b'  # the name\n{REST}",
        f"host = None\n{REST}",
        f"host: str = None\nstp: bool = True\n{REST}",
        f"host = before\n{REST}",
        f'host = f"server-0{{1 + 1}}"\n{REST}',
        "address = before\n",
        "host = before\n",
        f"if True:\n    host = before\n{REST}",
    ],
)
def test_what_python_reads_and_cells_of_ones_own_are_left_to_python(
    shell: Shell, cell: str
) -> None:
    shell.user_ns["before"] = "server-02"
    result = shell.run_cell(cell)  # type: ignore[no-untyped-call]  # likewise
    assert result.success
    assert shell.sent == ()


def test_an_unknown_name_in_a_cell_of_ones_own_is_pythons_error(shell: Shell) -> None:
    result = shell.run_cell("host = server-02\n")  # type: ignore[no-untyped-call]  # likewise
    assert isinstance(result.error_before_exec, SyntaxError)
