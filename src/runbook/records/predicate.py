"""The fields of a record's manifest. Each has its description: the schema is made of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, Field

from runbook.records.statement import Statement, Strict
from runbook.run.record import Ending

# It names this schema. `.invalid` belongs to nobody, so nothing is ever fetched from there.
RECORD = "https://runbook.invalid/record/v1"
Kind = Literal["plan", "change", "guest", "undo", "survey", "audit", "revert"]


class Fact(StrEnum):
    """How a run ended, as one word for programs."""

    CONFIRMED = "confirmed"
    NOTHING_TO_DO = "nothing-to-do"
    PLANNED = "planned"
    LOOKED = "looked"
    SURVEYED = "surveyed"
    UNDONE = "undone"
    DRIFTED = "drifted"
    REFUSED = "refused"
    ROLLED_BACK = "rolled-back"
    UNKNOWN = "unknown"
    DIED = "died"


FACTS = {
    Ending.AS_PROMISED: Fact.CONFIRMED,
    Ending.NOTHING_TO_DO: Fact.NOTHING_TO_DO,
    Ending.PLANNED_ONLY: Fact.PLANNED,
    Ending.LOOKED: Fact.LOOKED,
    Ending.SURVEYED: Fact.SURVEYED,
    Ending.UNDONE: Fact.UNDONE,
    Ending.DRIFTED: Fact.DRIFTED,
    Ending.REFUSED: Fact.REFUSED,
    Ending.AS_BEFORE: Fact.ROLLED_BACK,
    Ending.UNKNOWN: Fact.UNKNOWN,
}
# A record that ends so needs a person to look at the host.
OPEN = (Fact.UNKNOWN, Fact.DIED)


class Verdict(Strict):
    """The result of the run."""

    fact: Fact = Field(description="one word, for programs")
    words: str = Field(description="the same in words")
    said: str = Field(description="why, or what holds now, in a sentence")


class Operator(Strict):
    """Who ran the program."""

    person: str = Field(description="the best name for the person that this machine has")
    known_by: Literal["sudo", "login", "account"] = Field(
        description="where that name is from: sudo's caller, the session's first login"
        " (/proc/self/loginuid), or only the account that ran the program"
    )
    account: str = Field(description="the account that ran the program")
    machine: str = Field(description="the host name of the operator's machine")
    ssh_fingerprint: str | None = Field(
        default=None,
        description="the SSH key by which the person came to that machine, if sshd says so"
        " (ExposeAuthInfo)",
    )


class Versions(Strict):
    """Which software made the record."""

    runbook: str
    commit: str | None = Field(
        default=None, description="the commit of the checkout; `+` after it: with edits"
    )
    papermill: str | None = Field(default=None, description="None: papermill is not installed")
    python: str
    notebook: str | None = Field(default=None, description="the name of the notebook that ran")
    notebook_sha256: str | None = Field(default=None, description="its digest before it ran")


class Envelope(Strict):
    """What the operator says of the change, and no program can know."""

    ticket: str | None = Field(default=None, description="the number of the change request")
    reason: str | None = Field(default=None, description="why the change is made")
    requested_by: str | None = Field(default=None, description="who asked for the change")
    window: str | None = Field(default=None, description="when the change may be made")


class Begun(Strict):
    """What is known when a run begins: `begun.json`."""

    format_version: int = 1
    kind: Kind
    host: str
    subject: str = Field(description="what the run is about: the host, or the guests' names")
    change_id: str
    begun: AwareDatetime
    utc_offset: str = Field(description="of the operator's clock, as +01:00")
    time_zone: str = Field(description="as the operator's machine calls it, as CET")
    operator: Operator
    envelope: Envelope = Envelope()
    versions: Versions


class Approval(Strict):
    """Who said that this plan may be made."""

    by: str
    how: str
    plan_sha256: str
    at: str


class Absence(Strict):
    """What the operator's own connection measured while the host was changed."""

    asked: int = Field(description="how often the host was asked, about every 0.1 s")
    lost: int = Field(description="questions without an answer")
    longest_answer_ms: float | None = Field(description="the longest time until an answer came")
    longest_silence_s: float | None = Field(
        description="the longest time between two answers; it includes the pause of 0.1 s"
    )


class Previous(Strict):
    """The record of this host that was sealed before this one."""

    change_id: str
    sha256: str = Field(description="of its record.json")


class Link(Strict):
    """Another record that this one belongs to."""

    relation: Literal["undoes", "confirms", "looks at", "reverts", "audits", "closes"]
    change_id: str


class Record(Strict):
    """A record of a run, as `record.json` describes it."""

    host: str
    machine_id: str | None = Field(description="/etc/machine-id of the host; None: not read")
    kind: Kind
    subject: str
    change_id: str
    begun: AwareDatetime
    ended: AwareDatetime
    utc_offset: str
    time_zone: str
    verdict: Verdict
    operator: Operator | None = Field(description="None: a record from before this was kept")
    requested_by: str | None
    ticket: str | None
    reason: str | None
    window: str | None
    approval: Approval | None = Field(description="None: no plan was approved")
    plan_sha256: str | None = Field(description="of plan.json; what an approval is bound to")
    absence: Absence | None = Field(description="None: nothing was changed, or not measured")
    versions: Versions | None
    previous: Previous | None = Field(description="None: the first record of this host here")
    previous_on_host: Previous | None = Field(
        default=None, description="the record that the host itself knew as its last one"
    )
    links: tuple[Link, ...]
    host_files: str = Field(
        description="`read`: the host's own journal and undo are among the subjects; otherwise why"
        " they are not"
    )
    not_written: tuple[str, ...] = Field(description="files that the disk did not take")

    @property
    def duration_s(self) -> float:
        """Seconds from the begin of the run to its end."""
        return (self.ended - self.begun).total_seconds()


class Manifest(Statement[Record]):
    """`record.json`."""
