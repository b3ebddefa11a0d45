"""Grids and DataFrames as tables: escaped, counted, capped, with whole words in the text form.

The table is plain HTML and complete. A long one bears the class by which the
page's one script (`interactive`) finds it; where no script runs, every row is
there all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from runbook.common.later import pd
from runbook.views.grid import Grid, Row
from runbook.views.page.picture import Picture, plain, safe, stack

# A router table of 100,000 rows belongs into the record, not into a browser.
SHOWN = 1000
# Nobody searches a terminal's log.
IN_TEXT = 60
# From here on a table is longer than a screen, and has a search field.
LONG = 28
WIDEST = 64
# Where a cell holds a name or a number, a break in it is harder to read than a wide table.
TIGHT = 26
# A table of so few letters fits beside JupyterLab's file list in a window of 800 px. The space
# at both ends of a cell is about as wide as two letters.
NARROW, SPACE = 44, 2
SIGN = "mark"
# The class of a cell with a sentence. In a narrow window each row of such a table is a block, and
# each cell begins with its column's name.
WORDS = "rb-words"
# And from here on it scrolls by itself, so that what comes after it can be reached.
TALL = 40


@dataclass(frozen=True, slots=True)
class Look:
    """How a table is drawn: caption, words for headings, a class a cell, rows at most.

    `unit` is what the caption counts; '' where the caption counts by itself.
    `limit` holds for both forms; None leaves each its own. `flows`: in a narrow window its rows
    become lines of `column: value` unless they fit, so that no column is out of sight.
    """

    caption: str = ""
    headings: Mapping[str, str] | None = None
    classes: Grid | pd.DataFrame | None = None
    limit: int | None = None
    empty: str = "none"
    unit: str = "row"
    flows: bool = True


def table(shown: Grid | pd.DataFrame, look: Look | None = None) -> Picture:
    """The first rows; says how many there are, and how many it does not show."""
    look, number = look or Look(), len(shown)
    head = first(shown, SHOWN if look.limit is None else look.limit)
    if not (number and head.names):
        said = f"{look.caption}: {look.empty}" if look.caption else look.empty
        return Picture(f'<p class="rb-more">{safe(said)}</p>', plain(said))
    words = Grid(_headings(head, look), head.map(word).rows)
    caption = _counted(look, number)
    in_text = first(words, IN_TEXT if look.limit is None else look.limit)
    body = _html(words, look, caption) + _more(number - len(words)).body
    told = [_text(in_text, caption), _more(number - len(in_text)).text]
    return Picture(body, "\n\n".join(part for part in told if part))


def first(shown: Grid | pd.DataFrame, most: int) -> Grid:
    """So many rows, the first ones."""
    if not isinstance(shown, Grid):
        return Grid.read(shown, most)
    return shown if len(shown) <= most else Grid(shown.names, shown.rows[:most])


def _headings(shown: Grid, look: Look) -> tuple[str, ...]:
    headings = look.headings or {}
    return tuple(plain(headings.get(name, name)) for name in shown.names)


def card(pairs: Sequence[tuple[str, object]], caption: str = "") -> Picture:
    """Names and values, a line each."""
    shown = [(name, word(value)) for name, value in pairs]
    rows = "".join(
        f'<tr><th scope="row">{safe(name)}</th><td class="{_wide(value)}">{safe(value)}</td></tr>'
        for name, value in shown
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


def beside(folds: Iterable[Picture]) -> Picture:
    """Several folds in one row, as far as there is room."""
    shown = stack(folds)
    return (
        Picture(f'<div class="rb-beside">{shown.body}</div>', shown.text) if shown.text else shown
    )


def counted(number: int, unit: str) -> str:
    """The number with its unit, one or several: 1 row, 1,234 rows."""
    return f"{number:,} {unit}{'' if number == 1 else 's'}"


def _counted(look: Look, rows: int) -> str:
    if not look.caption or not look.unit:
        return plain(look.caption)
    return plain(f"{look.caption}: {counted(rows, look.unit)}")


def word(value: object) -> str:
    """A cell as it is written; '' for one that is absent."""
    if value is None or value != value:  # noqa: PLR0124 - what a NaN is known by
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain(value)


def _html(words: Grid, look: Look, caption: str) -> str:
    number, titled = len(words), safe(caption)
    flows = look.flows and number <= LONG and _width(words) > NARROW
    kind = ' class="rb-long"' if number > LONG else ' class="rb-flow"' if flows else ""
    head = "".join(_heading(name) for name in words.names)
    body = "".join(_row(words.names, *row, flows=flows) for row in _with_classes(words, look))
    above = f"<caption>{titled}</caption>" if caption else ""
    made = f"<table{kind}>{above}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    if number <= TALL:
        return made
    return f'<div class="rb-scroll" role="region" aria-label="{titled}" tabindex="0">{made}</div>'


def _heading(name: str) -> str:
    label = "" if name else f' aria-label="{SIGN}"'
    return f'<th scope="col"{label}>{safe(name)}</th>'


def _row(names: Sequence[str], row: Row, classes: Sequence[str], *, flows: bool) -> str:
    cells = zip(names, row, classes, strict=True)
    return "\n<tr>" + "".join(_cell(*cell, flows=flows) for cell in cells) + "</tr>"


def _cell(name: str, word: object, look: str, *, flows: bool) -> str:
    kind = f' class="{safe(look)}"' if look else ""
    label = f' data-label="{safe(name)}"' if name and (flows or WORDS in look) else ""
    return f"<td{kind}{label}>{safe(word)}</td>"


def _with_classes(words: Grid, look: Look) -> Iterable[tuple[Row, list[str]]]:
    """Each row, and the classes of its cells."""
    return zip(words.rows, _classes(words, look), strict=True)


def _width(words: Grid) -> int:
    """How many letters a row takes that has the longest cell of each column."""
    longest = [max(map(len, column)) for column in zip(words.names, *_cells(words), strict=True)]
    return sum(longest) + SPACE * len(longest)


def _cells(words: Grid) -> list[list[str]]:
    return [list(map(str, row)) for row in words.rows]


def _classes(words: Grid, look: Look) -> list[list[str]]:
    wide = [[_wide(word) for word in row] for row in _cells(words)]
    if look.classes is None:
        return wide
    classes = first(look.classes, len(words))
    marks = [dict(zip(_headings(classes, look), row, strict=True)) for row in classes.rows]
    given = [[mark.get(name, "") for name in words.names] for mark in marks]
    pairs = zip(wide, given, strict=True)
    return [[f"{w} {g}".strip() for w, g in zip(*pair, strict=True)] for pair in pairs]


def _wide(word: str) -> str:
    return "rb-wide" if len(word) > TIGHT else ""


def _text(words: Grid, caption: str) -> str:
    cells = [[_one_line(str(word)) for word in line] for line in (words.names, *words.rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rows = [
        "  ".join(w.ljust(n) for w, n in zip(line, widths, strict=True)).rstrip() for line in cells
    ]
    return "\n".join([*([caption] if caption else []), *rows])


def _one_line(word: str) -> str:
    flat = " ; ".join(plain(word).splitlines())
    return flat if len(flat) <= WIDEST else f"{flat[: WIDEST - 1]}…"


def _more(left: int) -> Picture:
    if left <= 0:
        return stack(())
    text = f"and {counted(left, 'more row')}; the run folder holds all of them"
    return Picture(f'<p class="rb-more">{text}</p>', text)
