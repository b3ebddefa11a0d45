"""What the record of a guest's move says, and whether that is how it stands."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import bench
from tests.faults.judging import AFTER_UNDO, AS_BEFORE, AS_PROMISED, STARTED, outcome
from tests.faults.scene import Scene

from runbook.lab.names import GUEST_PASSWORD
from runbook.transport.guest.login import VARIABLE

PROMISED, ROLLED_BACK = "as promised", "as before (rolled back)"
REFUSED, UNKNOWN = "refused", "unknown: go to the console"
VERB_S = 240.0
# What `runbook status` has to say of each end.
STATES = {
    AS_BEFORE: ("undone", "stood down"),
    STARTED: ("undone",),
    AFTER_UNDO: ("undone",),
    AS_PROMISED: ("confirmed",),
}


@dataclass(frozen=True, slots=True)
class Told:
    """The last word: exit status, what the executed notebook shows, and what the folder keeps.

    Either is empty where it holds no last word.
    """

    status: int
    shown: dict[str, Any]
    kept: dict[str, Any]
    folder: Path | None

    @property
    def word(self) -> str:
        """The ending; '' where the program did not come to one."""
        return str(self.kept.get("outcome", ""))

    @property
    def said(self) -> str:
        """Why it ended so."""
        return str(self.kept.get("said", ""))

    def wrong(self, end: str) -> Iterator[str]:
        """In what it says something else than how the case ended, a line each."""
        if self.shown and self.shown.get("outcome") != self.word:
            yield f"the notebook says {self.shown.get('outcome')}, its folder {self.word}"
        if (self.status == 0) != (self.word == PROMISED):
            yield f"exit status {self.status}, and the last word is {self.word or 'none'}"
        claims = {
            PROMISED: (AS_PROMISED,),
            ROLLED_BACK: (AS_BEFORE,),
            # It claims only that the run has made nothing.
            REFUSED: (AS_BEFORE, STARTED),
        }
        if self.word and end not in claims.get(self.word, (end,)):
            yield f"the last word is {self.word}, and it is {end}"
        if self.word == PROMISED:
            yield from self._broken()

    def _broken(self) -> Iterator[str]:
        """What is missing in the folder of a change that was made as promised."""
        checks = self.product("verdict.json")
        if not checks or not all(check["kept"] for check in checks if check["required"]):
            yield "verdict.json does not say that the promise is kept"
        inside = self.product("inside.json")
        if not inside or not all(guest["addresses"] for guest in inside):
            yield "inside.json does not say which addresses the guest had"
        if not self.product("guests.json"):
            yield "guests.json names no guest"

    def product(self, name: str) -> list[dict[str, Any]]:
        """A table of the run folder; empty where there is none."""
        path = self.folder / name if self.folder else None
        found: list[dict[str, Any]] = json.loads(path.read_text()) if path and path.exists() else []
        return found


def folders(home: Path, host: str) -> frozenset[Path]:
    """The run folders that there are."""
    return frozenset((home / "outputs" / host).glob("*"))


def told(scene: Scene, before: frozenset[Path], status: int) -> Told:
    """What this run's record says."""
    new = sorted(folders(scene.home, scene.host) - before)
    folder = new[0] if new else None
    path = folder / "outcome.json" if folder else None
    kept = json.loads(path.read_text()) if path and path.exists() else {}
    return Told(status, outcome(scene), kept, folder)


@dataclass(frozen=True, slots=True)
class Verb:
    """`runbook VERB HOST`, ended."""

    status: int
    said: str
    # What a program reads of it: notes to a person stand on the other stream.
    output: str


def verb(scene: Scene, *words: str) -> Verb:
    """As another program on the operator's machine."""
    done = subprocess.run(
        (str(bench.BIN / "runbook"), *words),
        env={**bench.environment(scene.home), VARIABLE: GUEST_PASSWORD},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=VERB_S,
        check=False,
    )
    return Verb(done.returncode, done.stdout + done.stderr, done.stdout)


@dataclass(frozen=True, slots=True)
class Status:
    """What `runbook status` says of a host: in its word for programs, and in sentences."""

    state: str
    said: str

    @property
    def leads_to_undo(self) -> bool:
        """Whether it says that there is something to put back, and how."""
        return "`runbook undo" in self.said


def status(scene: Scene) -> Status:
    """Ask for it."""
    answer = verb(scene, "status", scene.host, "--json")
    try:
        told = json.loads(answer.output)
        return Status(str(told["state"]), "\n".join(told["said"]))
    except (ValueError, KeyError):
        return Status(f"no word: {answer.said[-400:]}", answer.said[-200:])
