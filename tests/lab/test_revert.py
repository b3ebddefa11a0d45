"""A confirmed change taken back on booted hosts: its undo, its cutover, a power cut in between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace

import pytest
from tests import bench
from tests.lab.test_odd_hosts import FOUR, HOSTS, ON_A_BRIDGE
from tests.lab.test_routed import console, is_late, params, probed_across

from runbook.apply.confirm import Confirmed
from runbook.common.errors import Refused
from runbook.lab import lab as labs
from runbook.lab import machine, shell
from runbook.params import Params
from runbook.plan.plan import PHASES
from runbook.plan.revert.recorded import RecordedChange
from runbook.run import pipeline
from runbook.run.session import Ready, Session, Underway
from runbook.run.subject_revert import RevertSubject
from runbook.state.diff import compare
from runbook.state.snapshot import Snapshot

# The gate takes a change back too: tests/notebooks/test_revert.py.
pytestmark = [pytest.mark.timeout(900), pytest.mark.thorough]
HOST = "server-01"


def quiet(_text: str) -> None:
    """Progress is for people."""


@dataclass(frozen=True, slots=True)
class Case:
    """A host of the lab, and what is asked for on it."""

    release: str = "bookworm"
    addressing: str = "static"
    ipv6: str = "none"
    odd: str = ""
    asked: Mapping[str, object] = field(default_factory=dict)

    def params(self) -> Params:
        """The parameters of its change."""
        own = dict(HOSTS[self.odd].asked) if self.odd else {}
        return params().model_copy(update={**own, **self.asked})


CASES = {
    "static": Case(),
    "DHCP": Case("trixie", "dhcp"),
    "IPv6 by SLAAC": Case(ipv6="slaac"),
    "profile drop": Case(asked={"firewall": "drop"}),
    "four addresses": Case(odd=FOUR),
    "attached": Case(odd=ON_A_BRIDGE),
}


@pytest.fixture
def case(request: pytest.FixtureRequest, lab: labs.Lab) -> Iterator[Case]:
    """The host as it was installed, or made as the case says."""
    given = CASES[request.param]
    labs.up(len(lab.hosts), given.release, given.addressing, quiet, given.ipv6)
    labs.renew(HOST)
    if given.odd:
        HOSTS[given.odd].make(HOST)
    yield given
    labs.up(len(lab.hosts), lab.release, lab.addressing, quiet)
    labs.renew(HOST)


def changed(asked: Params) -> RecordedChange:
    """The change made and confirmed, as its record would have it."""
    session = pipeline.open_session(asked)
    before = pipeline.read(session)
    confirmed = pipeline.change(session)
    assert isinstance(confirmed, Confirmed)
    # A plan made apart would have the lease as it was at another moment.
    plan = confirmed.verified.armed.plan
    return RecordedChange(session.change_id, plan, before, bench.snapshot())


@contextmanager
def session(change: RecordedChange, asked: Params) -> Iterator[Session]:
    """A revert of it."""
    made = pipeline.open_session(asked)
    with closing(made.host):
        yield replace(made, subject=RevertSubject(change=change))


def applied(made: Session, upto: str = PHASES[-1]) -> Underway:
    """A revert made up to a phase, and not verified."""
    ready = pipeline.dry_run(made)
    assert isinstance(ready, Ready)
    underway = pipeline.arm(made, ready)
    for phase in PHASES[: PHASES.index(upto) + 1]:
        pipeline.apply(made, underway, phase)
    return underway


def taken_back(change: RecordedChange, asked: Params) -> None:
    with session(change, asked) as made:
        assert isinstance(pipeline.change(made), Confirmed)


def power_cycled() -> Snapshot:
    """The state after a power cut and a boot, with the undo at the boot made."""
    machine.power_cut(HOST)
    machine.power_on(HOST)
    shell.wait_for("the undo at the boot", lambda: not console("ls", "/var/lib/runbook/armed"), 90)
    return bench.snapshot()


def differs(earlier: Snapshot) -> str:
    return str(compare(earlier, bench.snapshot()))


@pytest.mark.parametrize("case", CASES, indirect=True)
def test_it_and_its_undo_lead_back_and_nothing_is_lost(case: Case) -> None:
    asked = case.params()
    change = changed(asked)
    for upto in ("cutover", "settle"):
        with session(change, asked) as made:
            undone = pipeline.roll_back(made, applied(made, upto), "because")
        assert str(undone.differences) == "", upto
    # A busy machine may be late; an outage is longer, and comes again.
    seen = probed_across(lambda: taken_back(change, asked))
    assert seen.lost == 0 or is_late(seen), seen
    assert differs(change.before) == ""
    assert console("ls", "/var/lib/runbook/armed") == ""


@pytest.mark.parametrize("case", ["static", "DHCP"], indirect=True)
@pytest.mark.parametrize("upto", ["prepare", "cutover", "settle"])
def test_a_power_cut_in_the_middle_boots_the_changed_host(case: Case, upto: str) -> None:
    asked = case.params()
    change = changed(asked)
    # A boot has the kernel's own values where a DHCP client left its own on the NIC.
    booted = power_cycled()
    with session(change, asked) as made:
        applied(made, upto)
    assert str(compare(booted, power_cycled())) == ""


@pytest.mark.parametrize("case", ["static", "DHCP"], indirect=True)
def test_after_a_boot_of_the_changed_host_it_leads_back(case: Case) -> None:
    asked = case.params()
    change = changed(asked)
    power_cycled()
    taken_back(change, asked)
    rows = compare(change.before, bench.snapshot()).rows.itertuples()
    # A DHCP client keeps the link-local address that the kernel has made at the boot.
    assert [row for row in rows if " fe80::" not in str(row.key)] == []


@pytest.mark.parametrize("case", ["static"], indirect=True)
def test_the_deadline_brings_the_changed_host_back_when_the_program_dies(case: Case) -> None:
    asked = case.params().model_copy(update={"deadline_s": 20})
    change = changed(case.params())
    with session(change, asked) as made:
        applied(made)
    shell.wait_for("the deadline", lambda: not console("ls", "/var/lib/runbook/armed"), 120)
    assert differs(change.after) == ""


@pytest.mark.parametrize("case", ["static"], indirect=True)
def test_at_the_console_an_ended_change_says_first_what_it_overwrites(case: Case) -> None:
    change = changed(case.params())
    console("ip", "route", "add", "10.50.0.0/16", "via", "172.16.0.9", "dev", "virbr1")
    console("sh", "-c", "echo '# mine' >>/etc/network/interfaces")
    console("sysctl", "-q", "-w", "net.ipv4.conf.all.forwarding=0")
    said = console("sh", f"/var/lib/runbook/{change.change_id}/undo")
    first, _, _ = said.partition(": begins")
    for words in (
        f"runbook revert {HOST} {change.change_id}",
        "goes away with virbr1: route 10.50.0.0/16",
        "replaces /etc/network/interfaces",
    ):
        assert words in first
    assert "finished: the host is as it was before the change" in said
    assert differs(change.before) == ""
    # The way by a program is over: the change is not in force any more.
    with session(change, case.params()) as made, pytest.raises(Refused, match="is not in force"):
        pipeline.dry_run(made)
