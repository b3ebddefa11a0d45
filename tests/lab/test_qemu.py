"""Hosts with Debian's own kernels (5.10, 6.1, 6.12): the change, its undo, and boots.

`-k trixie` plays one release. Each release's first host boots for a minute and more; later ones go
on from its snapshot.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import chain

import pytest
from tests.bench import thorough
from tests.lab import emulated, half_made
from tests.lab.test_routed import HOST, PROCEDURE, console, routes
from tests.lab.test_routed import params as usual

from runbook.apply.confirm import Confirmed
from runbook.apply.rollback import Rollback
from runbook.lab import lab as labs
from runbook.lab import machine
from runbook.lab.hardware import Hardware
from runbook.lab.names import OPERATOR, ROUTER, address6
from runbook.lab.probe import Outage, OutageProbe
from runbook.params import Params
from runbook.plan.plan import PHASES
from runbook.run import pipeline

# On a machine with other work each boot takes minutes.
pytestmark = [pytest.mark.emulated, pytest.mark.timeout(3600)]
KERNELS = {"bookworm": "6.1.", "bullseye": "5.10.", "trixie": "6.12."}
# Pings a second. While an emulated processor is away they wait in a queue, which holds so many.
RATE, LOW_RATE = 500, 100
LONGEST_S, TURNS = 600, 5
IPV6 = "static"


def params() -> Params:
    return usual().model_copy(update={"deadline_s": emulated.DEADLINE_S})


# `make test` plays the first.
@pytest.fixture(params=[next(iter(KERNELS)), *map(thorough, list(KERNELS)[1:])])
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def host(lab: labs.Lab, release: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    emulated.be_patient(monkeypatch)
    labs.up(1, release, "static", lambda _text: None, IPV6, hardware=Hardware(machine="qemu"))
    labs.renew(HOST)
    yield HOST
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)


def test_it_is_debian_s_kernel_with_the_clock_of_this_machine(host: str, release: str) -> None:
    assert console("uname", "-r").startswith(KERNELS[release])
    assert abs(int(console("date", "+%s")) - time.time()) < 60
    assert "driver: virtio_net" in console(
        "sh", "-c", "ls -l /sys/class/net/enp4s0f0/device/driver | sed 's,.*/,driver: ,'"
    )
    machine.set_cable(host, "down")
    try:
        assert console("cat", "/sys/class/net/enp4s0f0/carrier").strip() == "0"
    finally:
        machine.set_cable(host, "up")


# From beyond the router by IPv4 and by IPv6, and from a neighbour on the LAN.
ASKED = {
    "IPv4": ("172.16.1.1", OPERATOR),
    "IPv6": (address6(HOST, IPV6), OPERATOR),
    "LAN": ("172.16.1.1", ROUTER),
}


def probed_across(deed: Callable[[], object], rate: int) -> dict[str, Outage]:
    rates = {"IPv4": rate}
    probes = {
        name: OutageProbe(address, rate=rates.get(name, LOW_RATE), seconds=LONGEST_S, place=place)
        for name, (address, place) in ASKED.items()
    }
    try:
        time.sleep(1)
        deed()
        time.sleep(1)
    finally:
        outages = {name: probe.stop() for name, probe in probes.items()}
    # It did not run out before it was stopped.
    assert outages["IPv4"].sent < rate * LONGEST_S
    return outages


@pytest.mark.usefixtures("host")
@pytest.mark.parametrize(
    ("rate", "turn"), [(LOW_RATE, 1), *(thorough(RATE, turn) for turn in range(1, TURNS + 1))]
)
def test_nothing_is_lost_and_the_undo_is_as_before_and_names_the_modules_that_stay(
    rate: int,
    turn: int,
    record_property: Callable[[str, object], None],
) -> None:
    assert turn
    assert "nf_conntrack " not in console("cat", "/proc/modules")
    session = pipeline.open_session(params())
    underway = half_made.armed(session)

    def change() -> None:
        for phase in PHASES:
            pipeline.apply(session, underway, phase)

    undone: Rollback | None = None

    def undo() -> None:
        nonlocal undone
        undone = pipeline.roll_back(session, underway, why="because")

    outages = {deed.__name__: probed_across(deed, rate) for deed in (change, undo)}
    record_property("outages", str(outages))
    assert undone is not None
    assert str(undone.differences) == ""
    assert undone.as_before
    assert {"nf_conntrack", "bridge"} <= set(undone.modules)
    assert [seen.lost for seen in chain(*(found.values() for found in outages.values()))] == [
        0
    ] * 2 * len(ASKED), outages


def test_the_change_outlives_a_reboot_and_a_power_cut(host: str) -> None:
    assert isinstance(pipeline.change(pipeline.open_session(params())), Confirmed)
    machine.shut_down(host)
    machine.power_on(host)
    assert routes() == PROCEDURE
    machine.power_cut(host)
    machine.power_on(host)
    assert routes() == PROCEDURE
