"""What a boot would do, and the edits of the files that it reads."""

from __future__ import annotations

from collections.abc import Iterable

from runbook.plan.forecast.boot_effect import BootEffect, BootStep
from runbook.views.grid import Grid
from runbook.views.page.picture import Picture, plain, safe, stack, title
from runbook.views.tables import Look, counted, fold, table

TONES = {"+": "rb-added", "-": "rb-removed", "@": "rb-changed"}


def boot(steps: Iterable[BootStep], caption: str) -> Picture:
    """What a boot does, in its order; folded where each step of it is as promised.

    What is wrong says what is needed and what to do.
    """
    steps = tuple(steps)
    shown = Grid.of(
        ("", "order", "what", "reads", "does", "needed"),
        [(_mark(step.effect), step.order, *_told(step.effect)) for step in steps],
    )
    tones = {"✓": "rb-added", "✗": "rb-removed", "!": "rb-changed"}
    colours = shown.classes(marks={"": [tones[_mark(step.effect)] for step in steps]})
    drawn = table(shown, Look(caption, classes=colours, limit=len(shown), unit="step"))
    if not all(step.effect.kept for step in steps):
        return drawn
    return fold(f"✓ {caption}: {counted(len(steps), 'step')}, each as promised", drawn)


def _told(effect: BootEffect) -> tuple[str, str, str, str]:
    needed = "" if effect.kept else f"{effect.promised}; {effect.then}"
    return (effect.about, effect.reads, effect.does, needed)


def _mark(effect: BootEffect) -> str:
    if effect.kept:
        return "✓"
    return "✗" if effect.required else "!"


def edits(diffs: Iterable[str]) -> Picture:
    """Unified diffs, a colour for what comes and one for what goes."""
    return stack(_edit(diff) for diff in diffs)


def _edit(diff: str) -> Picture:
    lines = [line for line in diff.rstrip().split("\n") if not line.startswith(("---", "+++"))]
    path = next((line[4:] for line in diff.split("\n") if line.startswith("+++ ")), "")
    body = "".join(f'<div class="{TONES.get(ln[:1], "")}">{safe(ln)}</div>' for ln in lines)
    head = title(f"{path}, before (-) and after (+)")
    drawn = Picture(f'<div class="rb-diff">{body}</div>', "\n".join(plain(ln) for ln in lines))
    return stack((head, drawn))
