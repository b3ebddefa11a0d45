"""A host with Debian's own kernel: the change, its undo and a reboot, on Linux 6.1."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from tests.lab import emulated, half_made
from tests.lab.test_routed import HOST, PROCEDURE, console, routes
from tests.lab.test_routed import params as usual

from runbook.apply.confirm import Confirmed
from runbook.lab import lab as labs
from runbook.lab import machine
from runbook.lab.hardware import Hardware
from runbook.params import Params
from runbook.plan.plan import PHASES
from runbook.run import pipeline

# Emulated, and on a machine with other work: each boot takes minutes.
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(3600)]


def params() -> Params:
    return usual().model_copy(update={"deadline_s": emulated.DEADLINE_S})


@pytest.fixture
def host(lab: labs.Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    emulated.be_patient(monkeypatch)
    hardware = Hardware(machine="qemu")
    labs.up(1, "bookworm", "static", lambda _text: None, hardware=hardware)
    labs.renew(HOST)
    yield HOST
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)


def test_it_is_debian_s_kernel_with_the_clock_of_this_machine(host: str) -> None:
    assert console("uname", "-r").startswith("6.1.")
    assert abs(int(console("date", "+%s")) - time.time()) < 60
    assert "driver: virtio_net" in console(
        "sh", "-c", "ls -l /sys/class/net/enp4s0f0/device/driver | sed 's,.*/,driver: ,'"
    )
    machine.set_cable(host, "down")
    try:
        assert console("cat", "/sys/class/net/enp4s0f0/carrier").strip() == "0"
    finally:
        machine.set_cable(host, "up")


@pytest.mark.usefixtures("host")
def test_the_undo_is_as_before_and_names_the_modules_that_stay() -> None:
    assert "nf_conntrack " not in console("cat", "/proc/modules")
    session = pipeline.open_session(params())
    underway = half_made.armed(session)
    for phase in PHASES:
        pipeline.apply(session, underway, phase)
    undone = pipeline.roll_back(session, underway, why="because")
    assert str(undone.differences) == ""
    assert undone.as_before
    assert {"nf_conntrack", "bridge"} <= set(undone.modules)


def test_the_change_outlives_a_reboot_and_a_power_cut(host: str) -> None:
    assert isinstance(pipeline.change(pipeline.open_session(params())), Confirmed)
    machine.shut_down(host)
    machine.power_on(host)
    assert routes() == PROCEDURE
    machine.power_cut(host)
    machine.power_on(host)
    assert routes() == PROCEDURE
