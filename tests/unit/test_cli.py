"""The `runbook` command answers at once: a verb imports its libraries when it runs."""

from __future__ import annotations

import subprocess
import sys

import pytest

# What a notebook needs, and what only the archive, the server and papermill need.
OF_A_NOTEBOOK = {"IPython", "ipywidgets", "libvirt", "pandas", "pydantic", "pyroute2"}
OF_OTHERS = {"jupyterlab", "jupyter_server", "nbconvert", "nbformat", "papermill", "tornado"}
HEAVY = OF_A_NOTEBOOK | OF_OTHERS


def loaded_by(program: str) -> set[str]:
    """The heavy libraries that a Python program had loaded at its end."""
    told = f"{program}\nprint('\\n', *sys.modules)"
    argv = (sys.executable, "-c", f"import sys\n{told}")
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return HEAVY & set(done.stdout.splitlines()[-1].split())


def test_importing_the_command_loads_no_heavy_library() -> None:
    assert loaded_by("import runbook.cli") == set()


@pytest.mark.parametrize(
    "words",
    [
        *(["--help"], ["status", "--help"], ["undo", "--help"], ["audit", "--help"]),
        *(["records", "--help"], ["records", "verify", "--help"]),
    ],
)
def test_help_loads_no_heavy_library(words: list[str]) -> None:
    called = f"from runbook.cli import runbook; runbook({words!r}, standalone_mode=False)"
    assert loaded_by(called) == set()


def test_help_of_the_lab_loads_nothing_for_real_hosts() -> None:
    called = "from runbook.cli import runbook; runbook(['lab', '--help'], standalone_mode=False)"
    assert loaded_by(called) <= {"pydantic"}


@pytest.mark.parametrize("notebook", ["routed", "guest", "undo", "survey"])
def test_a_notebook_loads_no_library_that_only_others_need(notebook: str) -> None:
    assert loaded_by(f"import runbook.notebook.{notebook}.cells") <= OF_A_NOTEBOOK


def completed(*words: str) -> list[str]:
    """What the shell is offered for the last word."""
    typed = ("runbook", *words)
    asked = {
        "_RUNBOOK_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(typed),
        "COMP_CWORD": str(len(words)),
    }
    program = f"import os, sys; os.environ.update({asked!r}); sys.argv[:] = ['runbook'];"
    argv = (sys.executable, "-c", f"{program} from runbook.cli import main; main()")
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


def test_the_shell_completes_verbs_and_those_of_the_lab() -> None:
    assert completed("co") == ["confirm"]
    assert completed("lab", "power") == ["power-cut", "power-on"]


def test_an_unknown_verb_of_the_lab_is_refused_by_name() -> None:
    program = "from runbook.cli import main; import sys; sys.argv[1:] = ['lab', 'fly']; main()"
    done = subprocess.run(
        (sys.executable, "-c", program), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "No such command 'fly'" in done.stderr
