"""Whatever takes more than a moment says what it is doing, and afterwards how long it took."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from IPython.display import display

from runbook.views.page.picture import Picture, safe

MOMENT_S = 1.0


@contextmanager
def doing(what: str, monotonic: Callable[[], float]) -> Iterator[None]:
    """Show the sentence at once; then with its seconds, or as stopped.

    What was done in a moment leaves its line in the log alone.
    """
    began, handle = monotonic(), None
    # What cannot be shown keeps nothing from being done, least of all an undo.
    with suppress(Exception):
        handle = display(_aside(f"{what} …"), display_id=True)  # type: ignore[no-untyped-call]  # IPython has none
    ended = "stopped after"
    try:
        yield
        ended = "done in"
    finally:
        if handle is not None:
            with suppress(Exception):
                took = monotonic() - began
                line = _aside(f"{what}: {ended} {took:.1f} s")
                brief = ended == "done in" and took < MOMENT_S
                handle.update(Picture("", line.text) if brief else line)


def _aside(text: str) -> Picture:
    return Picture(f'<p class="rb-more">{safe(text)}</p>', text)
