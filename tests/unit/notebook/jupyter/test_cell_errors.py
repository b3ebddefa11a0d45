from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell

from runbook.common.errors import Refused
from runbook.notebook.jupyter import cell_errors
from runbook.params.model import NAMES

REFUSED = Refused("no", host="server-01", state="as it was", then="mend it")


class Shell(InteractiveShell):
    """Keeps what a kernel would send."""

    def _showtraceback(self, etype: object, evalue: object, stb: list[str]) -> None:
        del etype
        self.sent = (evalue, stb)


def run(shell: Shell, source: str) -> BaseException:
    """A cell; what went wrong in it."""
    result = shell.run_cell(source)  # type: ignore[no-untyped-call]  # likewise
    error: BaseException = result.error_in_exec
    return error


@pytest.fixture
def shell() -> Shell:
    made = Shell()  # type: ignore[no-untyped-call]  # IPython has no annotation here
    cell_errors.load_ipython_extension(made)
    made.user_ns["refused"] = REFUSED
    return made


def test_a_name_that_no_cell_hands_on_is_python_s_own_error(shell: Shell) -> None:
    error = run(shell, "gatway")
    assert isinstance(error, NameError)
    assert "gatway" in "".join(shell.sent[1])
    assert "before its turn" not in "".join(shell.sent[1])


def test_an_error_for_the_operator_is_his_four_sentences_and_no_traceback(shell: Shell) -> None:
    error = run(shell, "raise refused")
    assert error is REFUSED
    assert shell.sent == (REFUSED, [str(REFUSED)])


def test_an_error_that_the_page_has_as_the_result_is_not_told_again(shell: Shell) -> None:
    shown = Refused("no", host="server-01", state="as it was", then="mend it")
    shown.shown = True
    shell.user_ns["shown"] = shown
    assert run(shell, "raise shown") is shown
    assert shell.sent[1] == [cell_errors.SHOWN]


@pytest.mark.parametrize("name", sorted(cell_errors.COMES_FROM))
def test_a_cell_before_its_turn_says_which_one_comes_first(shell: Shell, name: str) -> None:
    run(shell, f"{name}.anything")
    (told,) = shell.sent[1]
    assert cell_errors.COMES_FROM[name] in told
    assert "run the notebook from the top" in told


def test_no_parameter_is_taken_for_a_value_that_a_cell_hands_on() -> None:
    assert not set(NAMES) & set(cell_errors.COMES_FROM)
