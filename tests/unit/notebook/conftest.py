"""A notebook's stages with a made-up host behind them: each can be told to fail."""

from __future__ import annotations

import builtins
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
from tests.unit import hosts

from runbook import views
from runbook.apply.checkpoint import Armed
from runbook.apply.checkpoint.arm import Order
from runbook.apply.checkpoint.layout import Layout
from runbook.apply.confirm import Confirmed, Verified
from runbook.apply.phases import Applied, StepListener, nobody
from runbook.apply.rollback import Rollback
from runbook.apply.steps.journal import Journal
from runbook.apply.verify import standing
from runbook.common.clock import Clock
from runbook.notebook.shared.change_so_far import Nobody
from runbook.params import Params
from runbook.plan.plan import PHASES
from runbook.preflight import Cleared
from runbook.run import pipeline
from runbook.run.failures import Differs
from runbook.run.pipeline import Held
from runbook.run.session import Ready, Session, Underway
from runbook.run.subject import UnjudgedPlan
from runbook.state.diff import compare
from runbook.state.host.probes import Probe, Probed
from runbook.state.snapshot import Snapshot
from runbook.transport.host import Host, HostFile

ROOT = Path(__file__).parents[3]
WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOON = "2026-03-01T12:00:00Z"
CHANGE = "20260301T120000Z-abc123"
PROBED = Probed((Probe("172.16.0.1", answered=True),), "172.16.0.1", "02:00:00:00:00:01")


class StoppedClock:
    """Always noon."""

    def now(self) -> datetime:
        return WHEN

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        del seconds


@dataclass
class MadeUp:
    """Stands in for the pipeline; `done` lists what was asked of it, `fails` what must fail."""

    done: list[str] = field(default_factory=list)
    fails: dict[str, BaseException] = field(default_factory=dict)
    seen: Snapshot = field(default_factory=hosts.before)
    undone: Snapshot = field(default_factory=hosts.before)
    moves: list[str] = field(default_factory=list)
    probed: Probed = PROBED
    read_after: tuple[str, ...] = ()
    witnessed: dict[str, bytes] = field(default_factory=dict)

    def ask(self, what: str) -> None:
        self.done.append(what)
        if what in self.fails:
            raise self.fails[what]

    def open_session(self, params: Params, clock: Clock) -> Session:
        del clock
        self.ask("open")
        host = cast("Host", self)
        return Session(params, host, "root@desk", CHANGE, StoppedClock(), lambda: host)

    def read(self, session: Session) -> Snapshot:
        del session
        self.ask("read")
        return self.seen

    def preflight(self, session: Session, draft: UnjudgedPlan, before: Snapshot) -> Ready:
        del session
        self.ask("preflight")
        return Ready(Cleared(draft.plan, before, ()), self.probed)

    def arm(self, session: Session, ready: Ready) -> Underway:
        self.ask("arm")
        order = Order(session.change_id, session.operator, WHEN)
        script, end = "#!/bin/sh\n", WHEN + timedelta(seconds=95)
        place = Layout(session.change_id)
        armed = Armed(ready.cleared.plan, ready.cleared, order, place, end, 1, script)
        return Underway(armed, ready.probed)

    def apply(
        self, session: Session, underway: Underway, phase: str, told: StepListener = nobody
    ) -> Applied:
        del session, told
        self.ask(phase)
        lines = [
            f"{NOON} step {n.number} begins: x\n{NOON} step {n.number} done"
            for p in PHASES[: PHASES.index(phase) + 1]
            for n in underway.armed.plan.steps(p)
        ]
        lines += [f"{NOON} {moved}" for moved in self.moves]
        return Applied(underway.armed, phase, Journal("\n".join(lines)))

    def verify(self, session: Session, underway: Underway, applied: Applied) -> Verified:
        del session, underway
        self.ask("verify")
        self.seen = hosts.after()
        return Verified(applied.armed, standing(applied.armed.plan.of_host, hosts.after()))

    def confirm(self, session: Session, verified: Verified, held: Held = closing) -> Confirmed:
        with held(session.connect()):
            self.ask("confirm")
            return Confirmed(verified, WHEN)

    def roll_back(self, session: Session, underway: Underway, why: str) -> Rollback:
        self.ask("roll back")
        found = compare(underway.armed.cleared.before, self.undone)
        undone = Rollback(why, self.undone, found, "the journal of the host\n")
        if not found.empty:
            raise Differs(session.params.host, undone, "/var/lib/runbook/x")
        return undone

    def glob(self, *patterns: str) -> tuple[str, ...]:
        """Nothing of an earlier change is on it, but the digest of a record that one left."""
        (pattern,) = patterns
        assert "/var/lib/runbook" in pattern
        return tuple(sorted(self.witnessed)) if pattern.endswith("/record.sha256") else ()

    def write_file(self, file: HostFile) -> None:
        """The digest of a record."""
        if "write file" in self.fails:
            raise self.fails["write file"]
        self.witnessed[file.path] = file.content

    def read_files(self, paths: Sequence[str]) -> tuple[HostFile | None, ...]:
        """What the host keeps of the change."""
        self.read_after = tuple(self.done)
        if "read files" in self.fails:
            raise self.fails["read files"]
        there = {path: self.witnessed.get(path, f"{path}\n".encode()) for path in paths}
        return tuple(HostFile(path, content, 0o600) for path, content in there.items())

    def close(self) -> None:
        """As a host's connection does."""


@pytest.fixture(scope="session", autouse=True)
def _drawn_once() -> Iterator[None]:
    """The one host looks the same each time, and drawing it takes longer than all the rest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "state", cache(views.state))
        yield


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the parameters of server-01."""
    (tmp_path / "params").mkdir()
    shutil.copy(ROOT / "params/server-01.yaml", tmp_path / "params")
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch, home: Path) -> MadeUp:
    """The stand-in, in place; nobody to ask unless `answer` says so."""
    assert home
    stand_in = MadeUp()
    for name in ("open_session", "read", "preflight", "arm", "apply", "verify", "confirm"):
        monkeypatch.setattr(pipeline, name, getattr(stand_in, name))
    monkeypatch.setattr(pipeline, "roll_back", stand_in.roll_back)

    def again(host: object, now: datetime) -> Snapshot:
        del host, now
        stand_in.ask("read again")
        return stand_in.seen

    monkeypatch.setattr("runbook.notebook.routed.close.take", again)
    monkeypatch.setattr("runbook.state.host.command_output.read", lambda _: ())
    monkeypatch.setattr("runbook.notebook.routed.look.nic_hardware.read", lambda _: ())
    monkeypatch.setattr("runbook.notebook.routed.look.operator_connection.read", lambda _: None)
    monkeypatch.setattr("runbook.notebook.routed.change.watch", lambda _: Nobody())
    return stand_in


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | BaseException], None]:
    """Say what is typed at the prompt, or how the prompt ends."""

    def is_(what: str | BaseException) -> None:
        def ask(prompt: str) -> str:
            assert "server-01" in prompt
            if isinstance(what, BaseException):
                raise what
            return what

        monkeypatch.setattr(builtins, "input", ask)

    return is_


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What came onto the page, as text, in order."""
    texts: list[Any] = []

    def display(*things: object, raw: bool = False, **_: object) -> None:
        texts.extend(dict(t) if raw else repr(t) for t in things)  # type: ignore[call-overload]

    class Handle:
        """What is drawn anew comes onto the page once more."""

        def display(self, *things: object, raw: bool = False) -> None:
            display(*things, raw=raw)

        update = display

    monkeypatch.setattr("runbook.views.page.page.display", display)
    monkeypatch.setattr("runbook.views.page.page.DisplayHandle", Handle)
    monkeypatch.setattr("runbook.views.page.page.get_ipython", object)
    monkeypatch.setattr("runbook.views.progress.display", lambda *_, **__: None)
    return texts
