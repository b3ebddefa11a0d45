"""Whatever takes more than a moment says what it is doing, and afterwards how long it took."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from IPython.display import display

from runbook.views.picture import note


@contextmanager
def doing(what: str, monotonic: Callable[[], float]) -> Iterator[None]:
    """Show the sentence at once; then with its seconds, or as broken off."""
    began = monotonic()
    handle = display(note(f"{what} …"), display_id=True)  # type: ignore[no-untyped-call]  # IPython has none
    ended = "broken off after"
    try:
        yield
        ended = "done in"
    finally:
        if handle is not None:
            tone = "note" if ended == "done in" else "warn"
            handle.update(note(f"{what}: {ended} {monotonic() - began:.1f} s", tone))
