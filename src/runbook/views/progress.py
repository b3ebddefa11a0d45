"""Whatever takes more than a moment says what it is doing, and afterwards how long it took."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from IPython.display import DisplayHandle, display

from runbook.views.page.picture import Picture, safe, stack

MOMENT_S = 1.0
# What takes longer than this counts its seconds, so that nobody thinks that it hangs.
COUNTS_S, TICK_S = 2.0, 1.0


@contextmanager
def doing(action: str, monotonic: Callable[[], float], at_most_s: float = 0) -> Iterator[None]:
    """Show the sentence at once, after two seconds with a count; then with its seconds.

    `at_most_s` is the bound of what may take long: it is named, and a bar fills up to it.

    What was done in a moment leaves its line in the log alone, and without its time: two runs of
    one host should differ in what differed.
    """
    began, handle, over = monotonic(), None, threading.Event()
    turn = threading.Lock()
    # What cannot be shown keeps nothing from being done, least of all an undo.
    with suppress(Exception):
        line = _aside(f"{action} (at most {at_most_s:g} s) …" if at_most_s else f"{action} …")
        handle = display(line, display_id=True)  # type: ignore[no-untyped-call]  # IPython has none
        _count(lambda: _counted(action, monotonic() - began, at_most_s), handle, (over, turn))
    well = False
    try:
        yield
        well = True
    finally:
        over.set()
        if handle is not None:
            with suppress(Exception), turn:
                took = monotonic() - began
                handle.update(_ended(action, took, well=well))


def _ended(action: str, took_s: float, *, well: bool) -> Picture:
    if well and took_s < MOMENT_S:
        return Picture("", f"{action}: done")
    return _aside(f"{action}: {'done in' if well else 'stopped after'} {took_s:.0f} s")


def _count(
    picture: Callable[[], Picture],
    handle: DisplayHandle | None,
    ending: tuple[threading.Event, threading.Lock],
) -> None:
    """Show the picture anew each second beside the work, until it is over."""
    if handle is None:
        return
    over, turn = ending

    def count() -> None:
        wait_s = COUNTS_S
        while not over.wait(wait_s):
            wait_s = TICK_S
            with suppress(Exception), turn:
                if over.is_set():
                    return
                handle.update(picture())  # type: ignore[no-untyped-call]  # likewise

    threading.Thread(target=count, daemon=True, name="runbook-count").start()


def _counted(action: str, took_s: float, at_most_s: float) -> Picture:
    if not at_most_s:
        return _aside(f"{action} … {took_s:.0f} s")
    line = _aside(f"{action} … {took_s:.0f} s of at most {at_most_s:g} s")
    return stack((line, bar(took_s, at_most_s, action)))


def bar(value: float, most: float, name: str) -> Picture:
    """How far something is; nothing in a log, where its line says it."""
    told = f'value="{min(value, most):.0f}" max="{most:.0f}" aria-label="{safe(name)}"'
    return Picture(f"<progress {told}></progress>", "")


def _aside(text: str) -> Picture:
    return Picture(f'<p class="rb-more">{safe(text)}</p>', text)
