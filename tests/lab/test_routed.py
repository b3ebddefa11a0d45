"""The main job: the address moves, nothing is lost, and it survives what hosts go through."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from tests import stages

from runbook.apply.confirm import Confirmed
from runbook.apply.rollback import Rollback
from runbook.apply.steps.perform import perform
from runbook.common.errors import StepFailed
from runbook.lab import lab as labs
from runbook.lab import machine, shell
from runbook.lab.names import OPERATOR
from runbook.lab.probe import Outage, OutageProbe
from runbook.params import Params, resolve
from runbook.plan.changes.processes import Kill
from runbook.plan.plan import PHASES, Plan
from runbook.plan.routed.dhcp_clients import stop_clients
from runbook.run import pipeline
from runbook.state.diff import compare

HOST = "server-01"
RATE, LONGEST_S = 1000, 60
A_LATE_ANSWER_MS = 10.0
Console = Callable[..., str]
PROCEDURE = """\
default via 172.16.0.1 dev virbr1
172.16.0.0/16 dev virbr1 proto kernel scope link src 172.16.1.1
"""


def params() -> Params:
    given = {
        "interface": "enp4s0f0",
        "address": "172.16.1.1/16",
        "gateway": "172.16.0.1",
        # Where the lab's router lends the address, the bridge's MAC is not the reserved one.
        "consent": ["bpdu", "dhcp-reservation"],
        "probes": ["172.16.0.1", "10.99.0.2"],
    }
    return resolve(given, {"host": HOST})


def console(*argv: str) -> str:
    return machine.run(HOST, argv).stdout.decode()


def routes() -> str:
    return "".join(f"{line.strip()}\n" for line in console("ip", "route").splitlines())


def as_the_procedure_says(before: str) -> str:
    """The routes that the procedure promises; dhcpcd gives its default route source and metric."""
    default = next(line for line in before.splitlines() if line.startswith("default "))
    kept = "".join(re.findall(r" (?:src|metric) \S+", default))
    return PROCEDURE.replace(" dev virbr1\n", f" dev virbr1{kept}\n", 1)


def probed_across(change: Callable[[], object]) -> Outage:
    """What is lost of probes that begin before the change and end after it."""
    before = echoes()
    probe = OutageProbe("172.16.1.1", rate=RATE, seconds=LONGEST_S)
    shell.wait_for("the first probe", lambda: echoes() > before, 20, pause=0.01)
    time.sleep(0.3)
    began = time.monotonic()
    change()
    lasted = time.monotonic() - began
    time.sleep(0.3)
    seen = probe.stop()
    # They go out at an even rate, and did not run out before they were stopped.
    assert RATE * lasted < seen.sent < RATE * LONGEST_S, (lasted, seen)
    return seen


def echoes() -> int:
    """The echo requests that the operator's place has sent (/proc/net/snmp)."""
    command = ["ip", "netns", "exec", OPERATOR, "cat", "/proc/net/snmp"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    head, values = (line.split() for line in said.splitlines() if line.startswith("Icmp:"))
    return int(dict(zip(head, values, strict=True))["OutEchos"])


def is_late(seen: Outage) -> bool:
    """Whether a busy machine failed to answer in time: an outage is longer, and comes again."""
    return seen.lost > 0 and seen.longest_gap_ms < A_LATE_ANSWER_MS


def apply() -> None:
    assert isinstance(pipeline.change(pipeline.open_session(params())), Confirmed)


@pytest.fixture(
    params=[
        *("bookworm-static", "bullseye-static", "trixie-dhcp"),
        *(
            pytest.param(one, marks=pytest.mark.thorough)
            for one in ("trixie-static", "bookworm-dhcp")
        ),
    ]
)
def host(request: pytest.FixtureRequest, lab: labs.Lab) -> Iterator[str]:
    release, addressing = request.param.split("-")
    labs.up(1, release, addressing, lambda _text: None)
    labs.renew(HOST)
    yield release
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)


def test_no_packet_is_lost_and_the_host_is_as_the_procedure_says(host: str) -> None:
    promised = as_the_procedure_says(routes())
    seen = probed_across(apply)
    if is_late(seen):
        labs.renew(HOST)
        seen = probed_across(apply)
    assert seen.lost == 0, (host, seen)
    assert routes() == promised
    assert console("cat", "/sys/class/net/virbr1/bridge/stp_state").strip() == "1"
    bridge_mac = console("cat", "/sys/class/net/virbr1/address").strip()
    router = ["ip", "netns", "exec", "rb-router", "ip", "neigh", "show", "172.16.1.1"]
    neighbour = subprocess.run(router, capture_output=True, text=True, check=True).stdout
    assert bridge_mac in neighbour
    assert bridge_mac.startswith("52:54:00:")
    # Nothing that watched over the change is left, its history is.
    assert console("systemctl", "list-units", "--all", "--no-legend", "runbook-*").strip() == ""
    assert console("sh", "-c", "ls /etc/systemd/system | grep ^runbook").strip() == ""
    assert "undo" in console("sh", "-c", "ls /var/lib/runbook/*")
    again = pipeline.change(pipeline.open_session(params()))
    assert isinstance(again, Plan)
    assert again.empty


@pytest.mark.parametrize("host", ["trixie-dhcp"], indirect=True)
def test_a_client_is_killed_and_whoever_has_its_number_by_then_is_not(host: str) -> None:
    assert host
    session = pipeline.open_session(params())
    change = next(stop_clients("enp4s0f0", pipeline.read(session)))
    (kill,) = (step for step in change.do() if isinstance(step, Kill))
    other = int(console("systemctl", "show", "--property=MainPID", "--value", "ssh"))
    with pytest.raises(StepFailed, match="is not that client any more"):
        perform(replace(kill, pid=other), session.host)
    assert console("cat", f"/proc/{other}/comm").strip() == "sshd"
    perform(kill, session.host)
    # A process that was killed has its name until its parent has heard of it.
    until = time.monotonic() + 10
    while console("cat", f"/proc/{kill.pid}/comm") and time.monotonic() < until:
        time.sleep(0.2)
    assert console("cat", f"/proc/{kill.pid}/comm") == ""
    assert "172.16.1.1/16" in console("ip", "-4", "address", "show", "dev", "enp4s0f0")


def test_the_operators_own_session_outlives_the_change(fresh_host: str) -> None:
    # One that is silent all along, and whose next packet the host sends.
    told = "/run/change-is-made"
    script = f"echo begins; until test -e {told}; do sleep 0.2; done; echo still here"
    session = subprocess.Popen(
        ["ssh", "-o", "ServerAliveInterval=0", fresh_host, script],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert session.stdout
        assert session.stdout.readline().strip() == "begins"
        pipeline.change(pipeline.open_session(params()))
        assert session.poll() is None
        console("touch", told)
        assert session.communicate(timeout=60)[0].strip() == "still here"
    finally:
        session.kill()


def test_it_is_there_again_after_a_reboot_a_power_cut_and_restarts(fresh_host: str) -> None:
    pipeline.change(pipeline.open_session(params()))
    machine.shut_down(fresh_host)
    machine.power_on(fresh_host)
    assert routes() == PROCEDURE
    machine.power_cut(fresh_host)
    machine.power_on(fresh_host)
    assert routes() == PROCEDURE
    console("virsh", "net-destroy", "routed")
    console("virsh", "net-start", "routed")
    assert routes() == PROCEDURE
    console("systemctl", "restart", "networking")
    # With STP on, a port that went down listens and learns for four seconds.
    time.sleep(5)
    assert routes() == PROCEDURE
    assert OutageProbe("172.16.1.1", rate=100, seconds=1).result().lost == 0


def roll_back_and_probe() -> Outage:
    session = pipeline.open_session(params())
    before = pipeline.read(session)
    drawn = stages.draft(session, before)
    underway = pipeline.arm(session, pipeline.preflight(session, drawn, before))
    for phase in PHASES:
        pipeline.apply(session, underway, phase)
    undone: list[Rollback] = []
    seen = probed_across(
        lambda: undone.append(pipeline.roll_back(session, underway, why="because"))
    )
    assert [each.differences.empty for each in undone] == [True]
    assert compare(before, pipeline.read(session)).empty
    return seen


def test_the_operators_rollback_loses_nothing_and_restores_every_row(fresh_host: str) -> None:
    seen = roll_back_and_probe()
    if is_late(seen):
        labs.renew(fresh_host)
        seen = roll_back_and_probe()
    assert seen.lost == 0, seen


def test_a_plan_that_is_not_armed_writes_nothing(fresh_host: str) -> None:
    session = pipeline.open_session(params())
    before = pipeline.read(session)
    pipeline.preflight(session, stages.draft(session, before), before)
    assert compare(before, pipeline.read(session)).empty
    assert "No such file" in machine.run(fresh_host, ["ls", "/var/lib/runbook"]).stderr.decode()
