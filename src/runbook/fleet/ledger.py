"""What became of each host of a fleet run: one JSON object a line, on the disk before it counts.

The ledger is the truth of a run, and all that a resumed one needs. It holds no secret: options
that look like one are refused before it is made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from runbook.common import atomic_files, handed_files
from runbook.common.errors import CorrectParameters
from runbook.fleet.ends import FleetEnd

LEDGER, LOCK = "ledger", ".alone"
NEVER = datetime.fromtimestamp(0, UTC)


class FleetPlan(BaseModel):
    """What the run is to do; `options` are papermill's, `sha256` is of the notebook.

    `plans_first`: whether the notebook has a `mode` that plans and writes nothing. `given` has
    values for one host alone. After each batch the run waits `pause_s` and audits; 0: it does not.
    `keeps_window`: the notebook has a parameter `window` too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    notebook: str
    sha256: str
    options: tuple[str, ...]
    batches: tuple[tuple[str, ...], ...]
    max_failures: int
    plans_first: bool = True
    given: Mapping[str, Mapping[str, JsonValue]] = {}
    pause_s: float = 0.0
    window: str = ""
    keeps_window: bool = False

    def options_of(self, host: str) -> tuple[str, ...]:
        """The options that papermill is given for this host."""
        given = self.given.get(host)
        return (*self.options, *(("-y", json.dumps(dict(given))) if given else ()))

    @property
    def window_option(self) -> tuple[str, ...]:
        """Each run refuses to change its host outside the window, by itself."""
        return ("-r", "window", self.window) if self.window and self.keeps_window else ()

    @property
    def hosts(self) -> tuple[str, ...]:
        """All of them, in the order of the batches."""
        return tuple(host for batch in self.batches for host in batch)


class HostEnd(BaseModel):
    """How one host's run ended, in how many seconds, and where its record is.

    `plan` is the digest of the plan that it made, or ''. `finding` is why it failed, by its record.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str
    end: FleetEnd
    said: str = ""
    folder: str = ""
    seconds: float = 0.0
    plan: str = ""
    finding: str = ""


@dataclass(frozen=True, slots=True)
class LedgerState:
    """What a ledger says: the plan, the hosts whose run began (and when), and how they ended.

    `at` is when the fleet run began; `plans` has the digest of each host's own plan, as shown, and
    `planned` what each plan came to; `audits` when a host was audited after its change.
    """

    plan: FleetPlan
    begun: Mapping[str, datetime] = field(default_factory=dict)
    ended: Mapping[str, HostEnd] = field(default_factory=dict)
    plans: Mapping[str, str] = field(default_factory=dict)
    at: datetime = NEVER
    planned: Mapping[str, HostEnd] = field(default_factory=dict)
    audits: Mapping[str, datetime] = field(default_factory=dict)

    def since(self, host: str) -> datetime:
        """When the host's run began, or the fleet run if it was only planned."""
        return self.begun.get(host, self.at)

    @property
    def open(self) -> tuple[str, ...]:
        """The hosts whose run began and is not known to have ended."""
        return tuple(
            host for host in self.plan.hosts if host in self.begun and host not in self.ended
        )

    def is_settled(self, host: str) -> bool:
        """Whether nothing is left to do for the host."""
        return host in self.ended and self.ended[host].end.settled

    @property
    def failures(self) -> tuple[HostEnd, ...]:
        """What counts against `max_failures`."""
        return tuple(end for end in self.ended.values() if not end.end.good)


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger in its folder, open for adding."""

    folder: Path

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / LEDGER

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other program adds to it meanwhile; raises CorrectParameters where one does."""
        try:
            with atomic_files.alone(self.folder / LOCK, wait=False):
                yield
        except BlockingIOError:
            raise CorrectParameters(
                f"another program is at work on the fleet run {self.folder.name}",
                state="as that program leaves it; this one began nothing",
                then="wait for its end, or end it with Ctrl-C where it runs",
            ) from None

    def begin(self, at: datetime, plan: FleetPlan) -> None:
        """The first line."""
        self._add(at, {"fleet": plan.model_dump(mode="json")})

    def planned(self, at: datetime, end: HostEnd) -> None:
        """The plan that was made for the host and shown; no other is to be made."""
        self._add(at, {"planned": end.host, "digest": end.plan, "end": end.model_dump(mode="json")})

    def host_begins(self, at: datetime, host: str) -> None:
        """Before papermill is started for the host; an end that it had counts no longer."""
        self._add(at, {"begins": host})

    def host_ended(self, at: datetime, end: HostEnd) -> None:
        """How it ended."""
        self._add(at, {"ended": end.model_dump(mode="json")})

    def audited(self, at: datetime, end: HostEnd) -> None:
        """Whether it is still as promised, some time later."""
        self._add(at, {"audited": end.model_dump(mode="json")})

    def note(self, at: datetime, event: str) -> None:
        """Something that a person may want to know later."""
        self._add(at, {"note": event})

    def _add(self, at: datetime, told: Mapping[str, object]) -> None:
        line = json.dumps({"at": at.isoformat(timespec="milliseconds"), **told})
        atomic_files.append(self.path, f"{line}\n".encode())

    def read(self) -> LedgerState:
        """All that it says; a line that a crash cut off says nothing. Raises CorrectParameters."""
        try:
            lines = handed_files.text(self.path).split("\n")[:-1]
            return _state(lines)
        except (OSError, ValueError, KeyError, TypeError, ValidationError, RecursionError) as error:
            why = str(error).partition("\n")[0]
            raise CorrectParameters(
                f"the ledger {self.path} cannot be read: {why}",
                state="no host was asked anything",
                then="`runbook status HOST` says how each of its hosts stands; begin a new run",
            ) from None


def _state(lines: list[str]) -> LedgerState:
    plan, began = None, NEVER
    begun, audits, plans = dict[str, datetime](), dict[str, datetime](), dict[str, str]()
    planned, ended = dict[str, HostEnd](), dict[str, HostEnd]()
    for line in lines:
        document = handed_files.json_object(line)
        at = datetime.fromisoformat(str(document["at"]))
        if "fleet" in document:
            began = at
            plan = FleetPlan.model_validate_json(json.dumps(document["fleet"]))
        elif "planned" in document:
            host = str(document["planned"])
            plans[host] = str(document["digest"])
            planned |= {host: _end(document["end"])} if "end" in document else {}
        elif "begins" in document:
            host = str(document["begins"])
            begun[host] = at
            ended.pop(host, None)
        elif "ended" in document or "audited" in document:
            end = _end(document.get("ended") or document["audited"])
            ended[end.host] = end
            audits |= {end.host: at} if "audited" in document else {}
    if plan is None:
        raise ValueError("it does not say what the run was to do")
    plans = {host: digest for host, digest in plans.items() if digest}
    return LedgerState(plan, begun, ended, plans, began, planned, audits)


def _end(said: object) -> HostEnd:
    return HostEnd.model_validate_json(json.dumps(said))
