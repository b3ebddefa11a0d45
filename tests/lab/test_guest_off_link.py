"""A guest with a /32, as a hoster's failover address, whose gateway is off its own link.

The router has a route to the guest's address on the LAN, as the hoster's router has.
"""

from __future__ import annotations

import pytest
from tests.lab import guesting
from tests.lab.guesting import GATEWAY, HOST

from runbook.apply.confirm import Confirmed
from runbook.lab.guest_xml import mac_of
from runbook.lab.probe import OutageProbe
from runbook.run import pipeline

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(1500)]
FAILOVER = "172.20.7.10"


@pytest.mark.usefixtures("release")
def test_a_guest_reaches_the_world_by_a_gateway_off_its_link_and_goes_back() -> None:
    guesting.on_the_lan()
    guesting.router("ip", "route", "replace", f"{FAILOVER}/32", "dev", "lan")
    guesting.added("quick", name := "vm-01")
    entry = {"name": name, "address": f"{FAILOVER}/32", "gateway": GATEWAY}
    # The machine with the tests has no route to it; the probe goes out from the operator's.
    asked = {"guests": [entry], "consent": ["bpdu", "unheard"]}
    before = guesting.inside(name)
    with guesting.session(**asked) as made:
        change = guesting.armed(made)
        change.make("settle")
        assert heard(name)
        pipeline.roll_back(made, change.underway, "because")
    assert guesting.inside(name) == before
    assert isinstance(guesting.moved(**asked), Confirmed)
    assert heard(name)
    guesting.nothing_is_left_to_do(**asked)


def heard(name: str) -> bool:
    """Beyond the router it answers, and the router sends to it and to nobody else."""
    lost = OutageProbe(FAILOVER, rate=50, seconds=2).result().lost
    return lost == 0 and mac_of(HOST, name) in guesting.router("ip", "neigh", "show", FAILOVER)
