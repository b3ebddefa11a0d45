"""A host whose address is on ifupdown's br0: a libvirt network onto it, and a guest on that."""

from __future__ import annotations

import pytest
from tests.lab import guesting
from tests.lab.test_files import console, params
from tests.lab.test_odd_hosts import HOSTS, ON_A_BRIDGE

from runbook.apply.confirm import Confirmed
from runbook.lab import machine
from runbook.run import pipeline

pytestmark = [pytest.mark.timeout(900)]
ASKED = dict(HOSTS[ON_A_BRIDGE].asked)
GUEST = "vm-01"


@pytest.mark.thorough
@pytest.mark.usefixtures("release")
def test_a_guest_of_the_nat_network_moves_onto_the_bridge_of_ifupdown_and_back() -> None:
    host = guesting.HOST
    HOSTS[ON_A_BRIDGE].make(host)
    guesting.added("quick", GUEST)
    session = pipeline.open_session(params(host).model_copy(update=ASKED))
    assert isinstance(pipeline.change(session), Confirmed)
    assert isinstance(guesting.moved(GUEST, **ASKED), Confirmed)
    guesting.is_there(GUEST)
    told = console(host, f"virsh domiflist {GUEST}; ls /sys/class/net/br0/brif").decode()
    assert "routed" in told
    assert "vnet" in told.splitlines()[-1]
    guesting.rebooted(GUEST)
    guesting.nothing_is_left_to_do(GUEST, **ASKED)
    # The network is forgotten; the guest keeps its place in the bridge until it is restarted.
    done = machine.run(host, ["sh", "-c", "virsh net-destroy routed"])
    assert done.returncode == 0
    guesting.is_there(GUEST)
