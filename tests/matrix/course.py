"""What a host goes through after its change: reboot, restarts, undo; seen anew after each."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from tests import stages
from tests.faults.scene import files
from tests.lab.emulated import DEADLINE_S
from tests.matrix.services import Programs

from runbook.apply.confirm import Confirmed
from runbook.apply.verify import judge
from runbook.lab import machine
from runbook.params import Params, for_host
from runbook.plan.promise.host import Promise
from runbook.run import pipeline
from runbook.run.session import Session
from runbook.state.diff import compare
from runbook.state.host import probes
from runbook.state.host.probes import Probed
from runbook.state.snapshot import Snapshot
from runbook.state.tap_names import named_as

STAGES = ("change", "reboot", "networking", "libvirtd", "undo")
# Each boot makes it anew, and dhcpcd gives it another ending than the kernel does.
LINK_LOCAL = "fe80::"
# With STP on, a port that went down listens and learns for four seconds.
PATIENCE_S = 20.0
FINE = "ok"


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to make the change."""

    release: str
    addressing: str
    stp: bool
    firewall: str
    # Which programs of `services` are on the host.
    programs: str = ""
    # `qemu`: on the release's own kernel.
    machine: str = "nspawn"

    def asked(self, host: str) -> dict[str, object]:
        """The parameters that say so; what each of them asks consent for is consented to."""
        wanted = {
            "bpdu": self.stp,
            "dhcp-reservation": self.addressing == "dhcp",
            "accept-all": self.firewall == "accept",
            "late-network": bool(self.programs),
        }
        consent = [name for name, asked in wanted.items() if asked]
        longer = {"deadline_s": DEADLINE_S} if self.machine == "qemu" else {}
        usual = {"host": host, "stp": self.stp, "firewall": self.firewall, "consent": consent}
        return {**usual, **longer}


@dataclass(frozen=True, slots=True)
class MatrixRun:
    """What each stage came to: `ok`, or what was not as promised; stages not come to are absent."""

    variant: Variant
    stages: tuple[tuple[str, str], ...]
    # Services that worked before the change and after each stage, and all of them.
    worked: tuple[int, int] = (0, 0)

    @property
    def good(self) -> bool:
        """Whether it came to the end, and all was well at each stage."""
        every = tuple((stage, FINE) for stage in STAGES)
        return self.stages == every and self.worked[0] == self.worked[1]


@dataclass(frozen=True, slots=True)
class Start:
    """The host before the change: its state, its files, what answered, what is promised."""

    state: Snapshot
    files: frozenset[str]
    probed: Probed
    promise: Promise


def go(variant: Variant, host: str, home: Path) -> MatrixRun:
    """The whole course; it ends at the first stage that is not as promised."""
    told: list[tuple[str, str]] = []
    programs = Programs(host, variant.programs)
    try:
        programs.put_on()
        start, session = change(for_host(home / "params", variant.asked(host)))
        deeds: tuple[Callable[[str], None], ...] = (
            lambda _host: None,
            reboot,
            networking,
            libvirtd,
        )
        for stage, deed in zip(STAGES[:-1], deeds, strict=True):
            deed(host)
            told.append((stage, _first(as_promised(session, start), programs.broken)))
            if told[-1][1] != FINE:
                return MatrixRun(variant, tuple(told), programs.score)
        told.append((STAGES[-1], _first(undone(session, host, start), programs.broken)))
    except Exception as error:  # noqa: BLE001 - one broken host must not hide the others
        told.append((STAGES[len(told)], f"{type(error).__name__}: {error}"))
    return MatrixRun(variant, tuple(told), programs.score)


def _first(said: str, broken: Callable[[], str]) -> str:
    """The host itself comes first; then the programs on it."""
    return said if said != FINE else broken() or FINE


def change(params: Params) -> tuple[Start, Session]:
    """Make the change; the host before it, and a session to look at it with."""
    session = pipeline.open_session(params)
    with closing(session.host):
        state = pipeline.read(session)
        promise = stages.draft(session, state).plan.of_host
        probed = probes.probe(session.host, params.gateway, params.probes, params.interface)
    start = Start(state, frozenset(files(params.host)), probed, promise)
    assert isinstance(pipeline.change(pipeline.open_session(params)), Confirmed), (
        "there was nothing to do"
    )
    return start, session


def as_promised(session: Session, start: Start) -> str:
    """What is not as promised, once the host has had time to settle."""
    end = time.monotonic() + PATIENCE_S
    while (said := _look(session, start)) != FINE and time.monotonic() < end:
        time.sleep(0.5)
    return said


def _look(session: Session, start: Start) -> str:
    with closing(session.connect()) as fresh:
        seen = pipeline.read(replace(session, host=fresh))
        params, promise = session.params, start.promise
        after = probes.probe(fresh, params.gateway, params.probes, promise.nic)
    broken = judge(promise, seen, start.probed, after).broken
    return "; ".join(f"{c.about}: {c.promised}, not {c.seen}" for c in broken) or FINE


def reboot(host: str) -> None:
    """Shut down, and boot until the operator can log in; an error where that never comes."""
    machine.shut_down(host)
    machine.power_on(host)


def networking(host: str) -> None:
    """Restart networking."""
    succeed(host, "systemctl", "restart", "networking")


def libvirtd(host: str) -> None:
    """Restart libvirtd."""
    succeed(host, "systemctl", "restart", "libvirtd")


def succeed(host: str, *argv: str) -> None:
    """Run a command at the host's console that has to succeed."""
    done = machine.run(host, argv)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(argv)}: {(done.stderr or done.stdout).decode()}")


def undone(session: Session, host: str, start: Start) -> str:
    """By hand, at the console: a confirmed change is nobody else's to undo."""
    succeed(host, "sh", "-c", "exec sh /var/lib/runbook/*/undo")
    end = time.monotonic() + PATIENCE_S
    while (said := as_before(session, host, start)) != FINE and time.monotonic() < end:
        time.sleep(0.5)
    return said


def as_before(session: Session, host: str, start: Start) -> str:
    with closing(session.connect()) as fresh:
        now = pipeline.read(replace(session, host=fresh))
    differences = compare(start.state, named_as(start.state, now))
    rows = [line for line in str(differences).splitlines() if LINK_LOCAL not in line]
    return "\n".join((*rows, *sorted(start.files ^ frozenset(files(host))))) or FINE
