"""DataFrames as tables: escaped, capped, with whole words in the text form."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from pandas.io.formats.style import Styler

from runbook.views.picture import Picture, plain, safe, stack

# A router table of 100,000 rows belongs into the record, not into a browser.
SHOWN = 60
WIDEST = 64
# Where a cell holds a name or a number, a break in it is harder to read than a wide table.
TIGHT = 26


@dataclass(frozen=True, slots=True)
class Look:
    """How a table is drawn: caption, words for headings, a class a cell, rows at most."""

    caption: str = ""
    headings: Mapping[str, str] | None = None
    classes: pd.DataFrame | None = None
    limit: int = SHOWN
    empty: str = "none"


def table(frame: pd.DataFrame, look: Look | None = None) -> Picture:
    """The frame's first rows; says how many it does not show."""
    look = look or Look()
    if frame.empty:
        said = f"{look.caption}: {look.empty}" if look.caption else look.empty
        return Picture(f'<p class="rb-more">{safe(said)}</p>', plain(said))
    head = frame.head(look.limit).reset_index(drop=True)
    words = head.astype(object).map(_word).rename(columns=look.headings or {}).rename(columns=plain)
    drawn = Picture(_html(words, look), _text(words, look.caption))
    return stack((drawn, *_more(len(frame) - len(head))))


def card(pairs: Sequence[tuple[str, object]], caption: str = "") -> Picture:
    """Names and values, a line each."""
    shown = [(name, _word(value)) for name, value in pairs]
    rows = "".join(
        f'<tr><th scope="row">{safe(name)}</th><td>{safe(value)}</td></tr>' for name, value in shown
    )
    head = f"<caption>{safe(caption)}</caption>" if caption else ""
    width = max((len(name) for name, _ in shown), default=0)
    lines = [plain(f"{name.ljust(width)}  {value}") for name, value in shown]
    return Picture(
        f"<table>{head}{rows}</table>", "\n".join([*([plain(caption)] if caption else []), *lines])
    )


def fold(summary: str, inside: Picture) -> Picture:
    """What not everybody wants to see, behind one line."""
    return Picture(
        f"<details><summary>{safe(summary)}</summary>{inside.body}</details>",
        f"{plain(summary)}\n{inside.text}",
    )


def _word(value: object) -> str:
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - what a NaN is known by
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain(value)


def _html(words: pd.DataFrame, look: Look) -> str:
    number = hashlib.sha256(f"{look.caption}{words.shape}{words.iloc[0].tolist()}".encode())
    styler = Styler(words, uuid=number.hexdigest()[:8], cell_ids=False, escape="html")
    styler.format(escape="html").format_index(escape="html", axis=1).hide(axis="index")
    styler.set_td_classes(_classes(words, look))
    if look.caption:
        styler.set_caption(safe(look.caption))
    return str(styler.to_html(doctype_html=False, sparse_index=False))


def _classes(words: pd.DataFrame, look: Look) -> pd.DataFrame:
    tight = words.map(lambda word: "rb-tight" if len(word) <= TIGHT else "")
    if look.classes is None:
        return tight
    given = (
        look.classes.rename(columns=look.headings or {})
        .rename(columns=plain)
        .reindex(index=words.index, columns=words.columns, fill_value="")
    )
    return tight + " " + given


def _text(words: pd.DataFrame, caption: str) -> str:
    lines = [list(words.columns), *words.to_numpy().tolist()]
    cells = [[_one_line(str(word)) for word in line] for line in lines]
    widths = [max(len(line[i]) for line in cells) for i in range(len(words.columns))]
    rows = [
        "  ".join(w.ljust(n) for w, n in zip(line, widths, strict=True)).rstrip() for line in cells
    ]
    return "\n".join([*([plain(caption)] if caption else []), *rows])


def _one_line(word: str) -> str:
    flat = " ; ".join(plain(word).splitlines())
    return flat if len(flat) <= WIDEST else f"{flat[: WIDEST - 1]}…"


def _more(left: int) -> tuple[Picture, ...]:
    if left <= 0:
        return ()
    text = f"and {left:,} more rows; the run folder holds all of them"
    return (Picture(f'<p class="rb-more">{text}</p>', text),)
