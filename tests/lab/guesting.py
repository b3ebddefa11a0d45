"""A host on the LAN with guests of its own, and a program that moves them and may be killed."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial

from tests import stages
from tests.lab import half_made

from runbook.apply import rollback
from runbook.apply.checkpoint import armed_change
from runbook.guest.login import credentials
from runbook.guest.target import Target
from runbook.lab import guest as lab_guests
from runbook.lab import guest_lent, machine, shell
from runbook.lab import lab as labs
from runbook.lab.guest_xml import Guest as LabGuest
from runbook.lab.guest_xml import mac_of
from runbook.lab.names import GUEST_PASSWORD, ROUTER
from runbook.lab.probe import Outage, OutageProbe
from runbook.params import Params, resolve
from runbook.plan.plan import PHASES
from runbook.run import pipeline
from runbook.run.session import Ready, Session, Underway
from runbook.run.subject import UnjudgedPlan
from runbook.run.subject_guests import about_guests
from runbook.run.subject_kept import about
from runbook.state.snapshot import Snapshot
from runbook.transport.guest.login import VARIABLE
from runbook.transport.guest.open_channel import ChannelOptions, open_channel

HOST = "server-01"
GATEWAY = "172.16.0.1"
SETTLED_S = 8.0


def address(name: str) -> str:
    """Where a guest is to be on the LAN: vm-01 at .10, and so on."""
    return f"172.16.1.{9 + int(name.rpartition('-')[2])}/16"


def params(*names: str, **other: object) -> Params:
    """The host's parameters, with these guests."""
    entries = [{"name": name, "address": address(name)} for name in names]
    given = {
        "interface": "enp4s0f0",
        "address": "172.16.1.1/16",
        "gateway": GATEWAY,
        "consent": ["bpdu"],
        "forward": "open",
        "probes": [GATEWAY, "10.99.0.2"],
        "guests": entries,
    }
    return resolve({**given, **other}, {"host": HOST})


def console(*argv: str) -> str:
    """A command at the host's console; it has to succeed."""
    done = machine.run(HOST, argv)
    assert done.returncode == 0, (argv, done)
    return done.stdout.decode()


def router(*argv: str) -> str:
    """A command on the router."""
    command = ["ip", "netns", "exec", ROUTER, *argv]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def neighbour(name: str) -> str:
    """The MAC that the router's own table holds for a guest."""
    told = router("ip", "neigh", "show", address(name).partition("/")[0]).split()
    return told[told.index("lladdr") + 1] if "lladdr" in told else ""


def mac(name: str) -> str:
    """The guest's MAC."""
    return mac_of(HOST, name)


def added(
    kind: str, *names: str, manager: str = "ifupdown", dhcp: bool = False
) -> tuple[LabGuest, ...]:
    """Guests on libvirt's network default, started one after the other."""
    made = []
    for name in names:
        leased = guest_lent.leased(HOST, "default")
        place = lab_guests.free_place(HOST, "default", lab_guests.listed(HOST), leased)
        made.append(LabGuest(name, "default", *place, kind=kind, manager=manager, dhcp=dhcp))
        lab_guests.add(HOST, made[-1])
    return tuple(made)


def on_the_lan(**other: object) -> None:
    """Renew the host and put it on the bridge."""
    labs.renew(HOST)
    pipeline.change(pipeline.open_session(params(**other)))


@contextmanager
def session(*names: str, **other: object) -> Iterator[Session]:
    """A connection to the host that can go into these guests."""
    os.environ[VARIABLE] = GUEST_PASSWORD
    asked = params(*names, **other)
    made = about_guests(pipeline.open_session(asked), asked.guests)
    with closing(made.host), closing(stages.sessions(made)):
        yield made


@dataclass(frozen=True, slots=True)
class Change:
    """A change that is armed, and the host before it."""

    session: Session
    before: Snapshot
    underway: Underway
    targets: tuple[Target, ...]

    def make(self, until: str) -> None:
        """Every phase up to that one."""
        for phase in PHASES[: PHASES.index(until) + 1]:
            self.make_only(phase)

    def make_only(self, phase: str) -> None:
        """One phase."""
        pipeline.apply(self.session, self.underway, phase)


def judged(made: Session) -> tuple[Snapshot, UnjudgedPlan, Ready]:
    """Up to where something would be written."""
    before = pipeline.read(made)
    drawn = stages.draft(made, before)
    return before, drawn, pipeline.preflight(made, drawn, before)


def armed(made: Session) -> Change:
    """The undo on the host stands; those in the guests are the first phase's."""
    before, drawn, ready = judged(made)
    return Change(made, before, pipeline.arm(made, ready), drawn.targets)


def moved(*names: str, **other: object) -> object:
    """The whole procedure for these guests."""
    os.environ[VARIABLE] = GUEST_PASSWORD
    asked = params(*names, **other)
    return pipeline.change(about_guests(pipeline.open_session(asked), asked.guests))


def as_before(before: Snapshot) -> str:
    """What of the host differs; '' is nothing."""
    with session() as made:
        return str(rollback.look_and_compare(before, made.host, made.clock)[1])


def inside(name: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[object, ...]]:
    """A guest's addresses, default routes and files, as seen from inside."""
    with session(name) as made:
        offered = pipeline.observe(made, pipeline.read(made)).offers[name].inside
        assert offered is not None
        return offered.addresses, offered.default_routes, offered.files


def probed(name: str, seconds: float = 1, rate: int = 50) -> Outage:
    """From beyond the router."""
    return OutageProbe(address(name).partition("/")[0], rate=rate, seconds=seconds).result()


def answers(name: str) -> bool:
    """Whether none of a second's probes is lost."""
    return probed(name).lost == 0


def is_there(name: str) -> None:
    """Beyond the router it is heard, and the router sends to it and to nobody else."""
    assert probed(name).lost == 0
    assert neighbour(name) == mac(name)


def undone_as_before(*names: str, **other: object) -> None:
    """All of them are on the LAN, and then host and guests are as if they had never been."""
    were = {name: inside(name) for name in names}
    with session(*names, **other) as made:
        change = armed(made)
        change.make("settle")
        for name in names:
            is_there(name)
        undone = pipeline.roll_back(made, change.underway, "because")
    assert undone.as_before
    assert as_before(change.before) == ""
    assert {name: inside(name) for name in names} == were
    # Their ports learn anew after it, and a plan is of a host that is settled.
    time.sleep(SETTLED_S)


def rebooted(*names: str, patience: float = 240) -> None:
    """The host shuts down and boots, and each of them is there again."""
    machine.shut_down(HOST)
    machine.power_on(HOST)
    for name in names:
        shell.wait_for(name, partial(answers, name), patience)
        is_there(name)


def nothing_is_left_to_do(*names: str, **other: object) -> None:
    """Seen anew, from inside and outside, each is as promised."""
    with session(*names, **other) as made:
        before = pipeline.read(made)
        drawn = stages.draft(made, before)
        assert drawn.plan.empty
        assert pipeline.standing(made, drawn, before).passed


def in_guest(name: str, command: str) -> None:
    """A shell's command inside a guest; it has to succeed."""
    with session(name) as made:
        (guest,) = made.params.guests
        login = credentials(guest)
        ways = ChannelOptions(secrets.token_hex(4))
        with closing(open_channel(made.host.doors(name), login, ways, clock=made.clock)) as inside:
            done = inside.run(("sh", "-c", command), timeout=60.0)
    assert done.returncode == 0, done


def killed(until: str, *names: str, deadline_s: int) -> None:
    """A program made the change so far, and was killed."""
    argv = [sys.executable, "-m", "tests.lab.guesting", until, str(deadline_s), *names]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        try:
            assert program.stdout.readline().strip() == half_made.READY
        finally:
            program.kill()


def confirmed_inside() -> None:
    """The guests of the change that is armed confirm it, and the program dies before the host."""
    with session() as made:
        there = armed_change.find(made.host, made.clock.now())
        assert there is not None
        change = about(made, there.checkpoint)
        with closing(stages.sessions(change)) as guests:
            guests.confirm(change.host)


def _main(until: str, deadline_s: str, *names: str) -> None:
    with session(*names, deadline_s=int(deadline_s)) as made:
        armed(made).make(until)
        half_made.wait()


if __name__ == "__main__":
    _main(*sys.argv[1:])
