"""The first page of a record: one card that says what came of the run, for people.

While the run goes on the card says how far it is. A notebook that dies keeps what it said last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from runbook.common.moments import utc, utc_and_local
from runbook.records.predicate import (
    FACTS,
    OPEN,
    Begun,
    Envelope,
    Fact,
    Operator,
    Record,
    Versions,
)

State = Literal["in progress", "armed", "confirmed", "ended"]
Tone = Literal["good", "warn", "bad", "note"]
TONES: Mapping[State, Tone] = {
    "in progress": "note",
    "armed": "warn",
    "confirmed": "good",
    "ended": "note",
}
Pairs = tuple[tuple[str, str], ...]
GOOD = (Fact.CONFIRMED, Fact.NOTHING_TO_DO, Fact.SURVEYED, Fact.UNDONE)
WROTE_NOTHING = (
    *(Fact.PLANNED, Fact.REFUSED, Fact.LOOKED, Fact.SURVEYED),
    *(Fact.NOTHING_TO_DO, Fact.DRIFTED),
)


class Card(NamedTuple):
    """What it says: a line in large letters, and names with their values."""

    state: State
    tone: Tone
    head: str
    pairs: Pairs

    def as_dict(self) -> dict[str, object]:
        """In JSON's own types."""
        return {"state": self.state, "tone": self.tone, "head": self.head, "pairs": self.pairs}


class Progress(NamedTuple):
    """How far a run is: its stage, and until when it is armed, if it is.

    `adopts`: it takes over a bridge, and no revert takes that back.
    """

    state: State
    stage: str
    now: datetime
    deadline: datetime | None = None
    adopts: bool = False


def without_manifest(outcome: Mapping[str, object], folder: str, change_id: str = "") -> Card:
    """The card of a run whose manifest could not be made; `change_id` is that on the host."""
    ending = str(outcome.get("outcome", ""))
    fact = next((fact for known, fact in FACTS.items() if str(known) == ending), Fact.UNKNOWN)
    told = {name: str(outcome.get(name, "")) for name in ("host", "said", "change_id", "operator")}
    back = _no_way_back(fact, told["host"])
    if fact is Fact.CONFIRMED and change_id:
        # No revert is made from a record without a manifest.
        back = _by_hand(change_id)
    pairs = (
        ("host", told["host"]),
        ("result", told["said"]),
        ("way back now", back),
        ("change", told["change_id"]),
        ("who", told["operator"]),
        ("ended", str(outcome.get("at", ""))),
        ("record", f"{folder}; it has no manifest, see the end of this notebook"),
    )
    return Card("ended", tone(fact), ending, pairs)


def running(begun: Begun, folder: str, progress: Progress) -> Card:
    """The card of a run that goes on."""
    host = begun.host
    head = f"in progress: {progress.stage}"
    back = "not needed yet: nothing of the change is on the host"
    if begun.kind == "undo":
        back = f"`runbook status {host}` shows the change that this run ends"
    if progress.state == "armed":
        until = f" until {utc(progress.deadline)}" if progress.deadline else ""
        head = f"armed{until}: the host undoes it by itself unless it is confirmed"
        back = f"`runbook undo {host}`; at the host's console: sh /var/lib/runbook/armed/undo"
    if progress.state == "confirmed":
        back = _taken_back(host, begun.kind, begun.change_id, adopts=progress.adopts)
        head = "confirmed: the change stays"
    status = f"{utc(progress.now)}; if nothing runs any more: `runbook status {host}`"
    pairs = (
        ("host", host),
        ("what", _what(begun.kind, begun.subject, host)),
        ("way back now", back),
        *_said(begun.envelope),
        ("who", _who(begun.operator)),
        ("software", _software(begun.versions)),
        ("change", begun.change_id),
        ("begun", utc_and_local(begun.begun, begun.utc_offset)),
        ("this card", f"written at {status}"),
        ("record", folder),
    )
    return Card(progress.state, TONES[progress.state], head, pairs)


def ended(record: Record, folder: str, digest: str = "", *, adopts: bool = False) -> Card:
    """The card of a record; `adopts`: its change took over a bridge."""
    fact = record.verdict.fact
    head = record.verdict.words
    pairs = (
        ("host", f"{record.host} (machine id {record.machine_id or 'not read'})"),
        ("what", _what(record.kind, record.subject, record.host)),
        ("result", record.verdict.said),
        ("way back now", _way_back(record, adopts=adopts)),
        *((link.relation, link.change_id) for link in record.links),
        *_said(Envelope(**record.model_dump(include=set(Envelope.model_fields)))),
        ("who", _who(record.operator)),
        ("approved", _approved(record)),
        *_absence(record),
        ("plan", record.plan_sha256 or "none was made"),
        ("software", _software(record.versions)),
        # These are others in each run. They stand together, so that a comparison shows them so.
        ("change", record.change_id),
        ("begun", utc_and_local(record.begun, record.utc_offset)),
        ("ended", f"{utc_and_local(record.ended, record.utc_offset)}, after {_duration(record)}"),
        ("record", f"{folder}{f'; SHA-256 of record.json: {digest}' if digest else ''}"),
    )
    return Card("ended", tone(fact), head, pairs)


def tone(fact: Fact) -> Tone:
    """How bad a result is."""
    if fact in GOOD:
        return "good"
    if fact in OPEN:
        return "bad"
    return "warn" if fact in (Fact.REFUSED, Fact.ROLLED_BACK) else "note"


def _what(kind: str, subject: str, host: str) -> str:
    return kind if subject == host else f"{kind} of {subject}"


def _said(envelope: Envelope) -> Iterator[tuple[str, str]]:
    for name in Envelope.model_fields:
        if value := getattr(envelope, name):
            yield name.replace("_", " "), str(value)


def _who(operator: Operator | None) -> str:
    if operator is None:
        return "not kept"
    account = f"{operator.account}@{operator.machine}"
    by = {"sudo": ", by sudo", "login": ", by login", "account": ""}[operator.known_by]
    key = f", SSH key {operator.ssh_fingerprint}" if operator.ssh_fingerprint else ""
    return f"{operator.person}{by}, as {account}{key}"


def _approved(record: Record) -> str:
    if record.approval is None:
        return "no plan was approved"
    return f"by {record.approval.by}: {record.approval.how}"


def _duration(record: Record) -> str:
    minutes, seconds = divmod(round(record.duration_s), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _absence(record: Record) -> Iterator[tuple[str, str]]:
    if (seen := record.absence) is None:
        return
    longest = f", longest time between two {seen.longest_silence_s:.2f} s"
    told = f"{seen.lost} of {seen.asked} answers lost"
    yield "absence", told + (longest if seen.longest_silence_s is not None else "")


def _way_back(record: Record, *, adopts: bool) -> str:
    fact = record.verdict.fact
    if fact is Fact.CONFIRMED:
        if record.kind == "revert":
            return f"routed.ipynb makes the change again; {_by_hand(record.change_id)}"
        there = next((link.change_id for link in record.links), record.change_id)
        return _taken_back(record.host, record.kind, there, adopts=adopts)
    return _no_way_back(fact, record.host)


def _no_way_back(fact: Fact, host: str) -> str:
    """Of a run that confirmed no change that it knows: what the host has of it."""
    if fact in OPEN or fact is Fact.CONFIRMED:
        return f"ask the host: `runbook status {host}`; `runbook undo {host}` undoes what is armed"
    if fact in WROTE_NOTHING:
        return "not needed: this run made no change"
    return "not needed: the host is as before the change"


def _taken_back(host: str, kind: str, change_id: str, *, adopts: bool) -> str:
    # A change of guests is not reverted, and no adoption.
    revert = (
        "" if kind == "guest" or adopts else f"`runbook revert {host} {change_id}`, with a timer; "
    )
    return f"{revert}{_by_hand(change_id)}"


def _by_hand(change_id: str) -> str:
    return (
        f"at the host's console: sh /var/lib/runbook/{change_id}/undo, without a timer; it says"
        " first what it overwrites"
    )


def _software(versions: Versions | None) -> str:
    if versions is None:
        return "not kept"
    edited = ", with edits" if versions.commit and versions.commit.endswith("+") else ""
    commit = f" (commit {versions.commit[:12]}{edited})" if versions.commit else ""
    parts = [f"runbook {versions.runbook}{commit}"]
    if versions.papermill:
        parts.append(f"papermill {versions.papermill}")
    parts.append(f"Python {versions.python}")
    if versions.notebook:
        digest = f" (SHA-256 {versions.notebook_sha256[:12]})" if versions.notebook_sha256 else ""
        parts.append(f"{versions.notebook}{digest}")
    return ", ".join(parts)
