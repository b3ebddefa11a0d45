"""A port that ifupdown makes and deletes, as it does bonds and VLAN interfaces.

The kernel of an nspawn host has neither. A macvlan in passthru mode stands in for them: it has the
NIC to itself, ifupdown's scripts make it at `ifup` and delete it at `ifdown`, and the kernel takes
it as a bridge's port. runbook refuses a macvlan as such, so the test lets it through as a VLAN.
"""

from __future__ import annotations

import pytest
from tests.lab.course import Service, play, with_consent
from tests.lab.test_files import console
from tests.lab.test_odd_hosts import INTERFACES, LO, NIC, PING, OddHost

from runbook.plan.forecast import boot_ifupdown
from runbook.plan.routed import facts
from runbook.preflight import bridge_port
from runbook.state import links

pytestmark = pytest.mark.timeout(900)
PORT, KIND = "lan10", "macvlan"
MAKE = f"""\
#!/bin/sh
[ "$IF_MADE_OF" ] || exit 0
ip link set dev "$IF_MADE_OF" up
[ -e /sys/class/net/$IFACE ] ||
    ip link add link "$IF_MADE_OF" name "$IFACE" type {KIND} mode passthru
"""
DELETE = """\
#!/bin/sh
[ "$IF_MADE_OF" ] || exit 0
ip link delete dev "$IFACE"
"""
HOST = OddHost(
    {
        "/etc/network/if-pre-up.d/made": MAKE,
        "/etc/network/if-post-down.d/made": DELETE,
        INTERFACES: f"{LO}auto {NIC}\niface {NIC} inet manual\n\nauto {PORT}\n"
        f"iface {PORT} inet static\n    address 172.16.1.1/16\n    gateway 172.16.0.1\n"
        f"    made-of {NIC}\n",
    },
    Service(PING),
)


@pytest.mark.thorough
def test_it_joins_the_bridge_at_each_boot_and_whenever_ifupdown_makes_it_anew(
    fresh_host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge_port, "NIC_KINDS", (*bridge_port.NIC_KINDS, KIND))
    for module in (facts, boot_ifupdown):
        monkeypatch.setattr(module, "MADE_AT_BOOT", (*links.MADE_AT_BOOT, KIND))
    folders = "/etc/network/if-pre-up.d/made /etc/network/if-post-down.d/made"
    console(fresh_host, f"touch {folders}; chmod 755 {folders}")
    HOST.make(fresh_host)
    assert KIND.encode() in console(fresh_host, f"ip -d link show dev {PORT}")
    # `made-of` is for a script of ifupdown's, which needs no address.
    usual = with_consent(fresh_host, "nic-by-name")
    asked = usual.model_copy(update={"interface": PORT, "bridge_mac": "nic"})
    play(asked, HOST.service)
