"""An audit: how a host stands against its last confirmed record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from runbook.common.later import pd
from runbook.records.audit.drift import Drift, Severity
from runbook.records.audit.look import Audit
from runbook.views.findings import findings
from runbook.views.page.picture import Picture, note, plain, stack
from runbook.views.tables import Look, card, table

# What it means comes first: a phone shows two columns.
COLUMNS = ["severity", "what", "what it means", "what to do", "recorded", "now"]
NO_RECORD = "no record: runbook never changed this host"
WIDTH = 88
SIGNS = {"added": "+", "removed": "-", "changed": "~"}
COLOURS = {
    Severity.NEXT_BOOT: "rb-block",
    Severity.OFF_THE_LAN: "rb-block",
    Severity.LESS: "rb-changed",
    Severity.HARMLESS: "",
}


def audit(audited: Audit) -> Picture:
    """The result in a sentence, what it was held against, every difference."""
    return stack(tuple(_audit(audited)))


def _audit(audited: Audit) -> Iterator[Picture]:
    worst = audited.drifts[0].severity if audited.drifts else None
    bad = worst in (Severity.NEXT_BOOT, Severity.OFF_THE_LAN)
    tone = "bad" if bad else "warn" if worst else "note" if audited.baseline is None else "good"
    yield note(f"{audited.host}: {audited.said}", tone)
    against = audited.baseline.change_id if audited.baseline else NO_RECORD
    yield card(
        [("host", audited.host), ("looked at", _moment(audited)), ("compared with", against)]
    )
    yield from (note(line, "warn") for line in audited.notes)
    if audited.drifts:
        yield drifts(audited.drifts)
    if audited.findings:
        yield note("What a change would find on this host now:")
        yield findings(audited.findings)


def _moment(audited: Audit) -> str:
    return f"{audited.at:%Y-%m-%d %H:%M:%S} UTC"


def drifts(rows: Iterable[Drift]) -> Picture:
    """One row a difference, the worst first; as text, a few lines each, nothing cut off."""
    found = tuple(rows)
    frame = pd.DataFrame([_cells(drift) for drift in found], columns=COLUMNS)
    colours = pd.DataFrame("rb-words", index=frame.index, columns=COLUMNS)
    colours["severity"] = [COLOURS[drift.severity] for drift in found]
    look = Look("Differences from the record", classes=colours, unit="difference")
    text = "\n\n".join(_text(drift) for drift in found)
    return Picture(table(frame, look).body, plain(text))


def _cells(drift: Drift) -> tuple[str, ...]:
    what = _what(drift)
    return (drift.severity.words, what, drift.meaning, drift.then, drift.recorded, drift.now)


def _what(drift: Drift) -> str:
    return f"{SIGNS[drift.change]} {drift.table}: {drift.key}"


def _text(drift: Drift) -> str:
    told = (
        ("recorded", drift.recorded),
        ("now", drift.now),
        ("meaning", drift.meaning),
        ("to do", drift.then),
    )
    head = f"{drift.severity.words.upper()}: {_what(drift)}"
    return "\n".join((head, *(_indented(name, text) for name, text in told if text)))


def _indented(name: str, text: str) -> str:
    start = f"  {name:<10}"
    wrapped = (wrap(line, WIDTH, break_on_hyphens=False) for line in text.splitlines())
    return start + f"\n{'':12}".join(part for lines in wrapped for part in lines)
