"""A cell's error as an operator reads it: four sentences, and no traceback.

scripts/ipython_kernel_config.py loads this into each kernel before any cell runs, so a cell that
is run too early can say which cell comes first.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

from runbook.common.errors import RunbookError

# By the name of a value, the cell that makes it. The notebooks have the order of the cells.
COMES_FROM = {
    "armed": "the cell that arms the undo",
    "asked": "the cell that resolves the parameters, in section 1",
    "before": "the cell that reads the state before",
    "cleared": "the cell of the preflight",
    "cut_over": "the cell of phase cutover",
    "decided": "the cell that asks what is to be done",
    "done": "the cell that does it",
    "finished": "the cell that shows the state after",
    "kept": "the cell that confirms",
    "met": "the cell that meets the host, in section 2",
    "nb": "the first cell below section 1, which loads this package",
    "networked": "the cell of phase network",
    "offered": "the cell that offers the form",
    "planned": "the cell that draws the plan",
    "prepared": "the cell of phase prepare",
    "seen": "the cell that looks, or verifies",
    "settled": "the cell that settles the values",
    "settled_in": "the cell of phase settle",
}
FIRST = (
    "run the notebook from the top (Run > Run All Above Selected Cell); what was made is not made"
    " again"
)
# So that one text does not stand twice, one below the other.
SHOWN = "this run has ended, and not well: its result is above, with what to do next"


def load_ipython_extension(shell: Any) -> None:  # noqa: ANN401 - IPython has no annotations
    """Have this shell tell errors so."""
    shell.set_custom_exc((RunbookError, NameError), _tell)


def told(error: BaseException) -> str:
    """The error's text; '' for one that is none of an operator's."""
    if isinstance(error, RunbookError) and error.shown:
        return SHOWN
    if isinstance(error, RunbookError):
        return str(error)
    if isinstance(error, NameError) and error.name in COMES_FROM:
        return (
            f"this cell was run before its turn: {COMES_FROM[error.name]} has not run in this"
            f" kernel\n  host:      -\n  state now: this cell did nothing\n  do next:   {FIRST}"
        )
    return ""


def _tell(
    shell: Any,  # noqa: ANN401 - likewise
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType,
    tb_offset: int | None = None,
) -> None:
    text = told(error)
    if text:
        # What a kernel calls to send an error; a traceback is what it would send otherwise.
        shell._showtraceback(kind, error, [text])  # noqa: SLF001
    else:
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
