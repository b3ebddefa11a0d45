"""The first page of a record: what came of the run, and the way back as of now."""

from __future__ import annotations

from runbook.records.card import Card
from runbook.records.told_outcome import FIRST
from runbook.run.record import CARD_MIME
from runbook.views.page.picture import Picture, plain, safe, stack
from runbook.views.tables import card


def first_page(shown: Card) -> Picture:
    """The line in large letters, and below it the rest."""
    body = f'<div class="rb-first rb-{shown.tone}"><b>{safe(shown.head)}</b></div>'
    head = Picture(body, plain(shown.head.upper()))
    return stack((head, card(list(shown.pairs))))


def to_first_page(before: str, words: str, after: str) -> Picture:
    """A line whose words lead to the first page: by the script of the page, else by its address."""
    link = f'<a class="rb-to-first" href="#cell-id={FIRST}">{safe(words)}</a>'
    return Picture(f"{safe(before)}{link}{safe(after)}", plain(f"{before}{words}{after}"))


def data(card: Card) -> dict[str, object]:
    """The same for programs, by its type."""
    return {CARD_MIME: card.as_dict()}
