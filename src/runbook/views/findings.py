"""What preflight found, and what the verdict says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple
from typing import Literal, NamedTuple

from runbook.plan.netfilter.compare import Row
from runbook.plan.promise.check import Check
from runbook.preflight import Finding
from runbook.views.grid import Grid, column
from runbook.views.page.picture import Picture, note, plain, safe, stack, title
from runbook.views.tables import Look, counted, fold, table

RULE_COLUMNS = ["table", "chain", "rule", "where", "why"]
Tone = Literal["good", "warn", "bad", "note"]
# The worst first; the last is what a consent looks like once it is given.
MARKS = {
    "block": "✗ block",
    "consent": "? consent",
    "note": "· note",
    "consented": "✓ consented to",
    "ok": "✓ ok",
}
COLOURS = {
    "block": "rb-block",
    "consent": "rb-block",
    "note": "",
    "consented": "rb-changed",
    "ok": "rb-added",
}


def findings(rows: Iterable[Finding]) -> Picture:
    """What blocks and what is to be read, the worst first; what is right is a count, folded."""
    order = list(MARKS)
    rows = sorted(rows, key=lambda f: order.index(_mark_of(f)))
    if not rows:
        return note("preflight looked at nothing: that says nothing for the change", "bad")
    right = [finding for finding in rows if finding.level == "ok"]
    parts = [_head(rows)]
    if len(right) < len(rows):
        parts.append(_listed(rows[: len(rows) - len(right)], "Read these"))
    if right:
        names = ", ".join(finding.about for finding in right)
        count = f"✓ {counted(len(right), 'finding')} ok"
        # In a log, a long table of what is right would bury the rest.
        listed = fold(count, _listed(right, "Checked, and right"))
        parts.append(Picture(listed.body, plain(f"{count}: {names}")))
    return stack(parts)


def beforehand(rows: Iterable[Finding]) -> tuple[Picture, ...]:
    """What stays so after the change, and a field of the form would alter: a warning each."""
    told = (f for f in rows if f.level == "note" and f.field)
    return tuple(note(f"{f.about}: {f.why}; {f.then}", "warn") for f in told)


def blocking(rows: Iterable[Finding]) -> str:
    """How many findings block the change, in words."""
    number = sum(finding.against for finding in rows)
    if not number:
        return "nothing blocks the change"
    return f"{counted(number, 'finding')} {'blocks' if number == 1 else 'block'} the change"


def _head(rows: Sequence[Finding]) -> Picture:
    against = any(finding.against for finding in rows)
    return note(f"Preflight: {blocking(rows)}", "bad" if against else "good")


def _listed(rows: Sequence[Finding], caption: str) -> Picture:
    names = ("", "about", "on the host", "why it matters", "what to do")
    cells = [(MARKS[_mark_of(f)], f.about, f.seen, f.why, f.then) for f in rows]
    shown = Grid.of(names, cells)
    colours = shown.classes("rb-words", {"": [COLOURS[_mark_of(f)] for f in rows]})
    return table(shown, Look(caption, classes=colours, limit=len(shown), unit="finding"))


def _mark_of(finding: Finding) -> str:
    return "consented" if finding.given else finding.level


def checks(results: Iterable[Check], caption: str) -> Picture:
    """Promised against seen: what is not kept in the open, what is kept as a count, folded."""
    results = tuple(results)
    kept = [check for check in results if check.kept]
    broken = [check for check in results if check.required and not check.kept]
    rest = [check for check in results if not check.required and not check.kept]
    told = f"{len(kept)} of {counted(len(results), 'check')} kept"
    told += f"; {len(rest)} not required" if rest else ""
    parts = [title(f"{caption}: {told}")]
    parts += [_checked(broken, "Not kept")] if broken else []
    parts += [_checked(rest, "Not kept, and not required")] if rest else []
    if kept:
        count = f"✓ {counted(len(kept), 'check')} kept"
        names = ", ".join(check.about for check in kept)
        parts.append(Picture(fold(count, _checked(kept, "Kept")).body, plain(f"{count}: {names}")))
    return stack(parts)


def _checked(results: Sequence[Check], caption: str) -> Picture:
    marks = [_mark(kept=check.kept, required=check.required) for check in results]
    shown = Grid.of(
        ("", "about", "promise", "on the host"),
        [(mark, *astuple(check)[:3]) for mark, check in zip(marks, results, strict=True)],
    )
    tones = {"✓": "rb-added", "✗": "rb-removed"}
    colours = shown.classes(marks={"": [tones.get(mark[0], "rb-changed") for mark in marks]})
    return table(shown, Look(caption, classes=colours, limit=len(shown), unit="check"))


def compared(rules: Iterable[Row], caption: str) -> Picture:
    """A rule a row: where it is and why; what nobody can explain stands out."""
    rows = Grid.of(RULE_COLUMNS, [astuple(rule) for rule in rules])
    odd = [why == "unexplained" for why in column(rows, "why")]
    tones = ["rb-removed" if one else "rb-words" for one in odd]
    colours = rows.classes("rb-words", {"why": tones})
    head = f"{caption}: {len(rows)} rules, {sum(odd)} unexplained"
    return table(rows, Look(head, classes=colours, limit=len(rows), unit=""))


def _mark(*, kept: bool, required: bool) -> str:
    if kept:
        return "✓ kept"
    return "✗ broken" if required else "! not required"


def verdict(tone: Tone, head: str, lines: Sequence[str | Picture]) -> Picture:
    """The last word: big and plain; a line with a link is a picture."""
    told = [one if isinstance(one, Picture) else Picture(safe(one), one) for one in lines]
    below = "".join(f"<div>{one.body}</div>" for one in told)
    body = f'<div class="rb-verdict rb-{tone}"><b>{safe(head)}</b>{below}</div>'
    ruler = "=" * max(len(head), 20)
    text = "\n".join([ruler, head.upper(), ruler, *(one.text for one in told)])
    return Picture(body, plain(text))


class LastWord(NamedTuple):
    """The verdict of a run: how good it is, the verdict itself, and why."""

    tone: Tone
    head: str
    why: str


def last_word(word: LastWord) -> Picture:
    """The verdict in a few lines, for a panel."""
    tone, head, why = word
    body = f'<p class="rb-say rb-{tone}" role="status"><b>{safe(head)}</b><br>{safe(why)}</p>'
    return Picture(body, plain(f"{head}: {why}"))
