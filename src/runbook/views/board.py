"""A run at a glance: which of its stages are done, failed, at work or to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from runbook.views.page.picture import Picture, plain, safe

StageMark = Literal["to come", "at work", "done", "failed", "left out", "again", "undone"]
SIGNS: Mapping[StageMark, str] = {
    "to come": "○",
    "at work": "▶",
    "done": "✓",
    "failed": "✗",
    "left out": "-",
    "again": "↻",
    "undone": "↩",
}
TONES: Mapping[StageMark, str] = {
    "done": "rb-added",
    "failed": "rb-removed",
    "at work": "rb-changed",
}


def board(stages: Sequence[tuple[str, StageMark]], caption: str) -> Picture:
    """The stages in their order, each with its mark: a sign, a word, and a colour."""
    items = "".join(_item(name, mark) for name, mark in stages)
    words = "  ".join(f"{SIGNS[mark]} {plain(name)}" for name, mark in stages)
    body = f'<p class="rb-title">{safe(caption)}</p><ol class="rb-board">{items}</ol>'
    return Picture(body, f"{plain(caption)}\n{words}")


def _item(name: str, mark: StageMark) -> str:
    sign = f'<span class="rb-sign">{SIGNS[mark]}</span>'
    return f'<li class="{TONES.get(mark, "")}">{sign} {safe(name)} <small>{mark}</small></li>'
