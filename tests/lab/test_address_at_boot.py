"""Hosts on which a boot gives the NIC an address, or takes it, before libvirt has the bridge.

Each is refused with file and line. What of a stanza is about the link alone stays where it is, and
such a host outlives boots and restarts.
"""

from __future__ import annotations

import pytest
from tests.lab.course import Service, play
from tests.lab.test_files import console, params, refusal

from runbook.common.errors import Refused

# Two boots and five restarts, on a machine that does other work too.
pytestmark = pytest.mark.timeout(900)
NIC, INTERFACES = "enp4s0f0", "/etc/network/interfaces"
UNIT, ALIAS = "/etc/systemd/system/second-ip.service", "/etc/network/if-up.d/alias"
RC_LOCAL, CHECKOUT = "/etc/rc.local", "/srv/fleet/cron"
SERVICE = f"""\
[Service]
Type=oneshot
ExecStart=/sbin/ip address add 172.16.1.9/16 dev {NIC}
[Install]
WantedBy=multi-user.target
"""
LINK = f"""\
auto lo {NIC}
iface lo inet loopback
iface {NIC} inet static
    address 172.16.1.1/16
    gateway 172.16.0.1
    pre-up ip link set dev $IFACE txqueuelen 2000
    up tc qdisc replace dev $IFACE root pfifo limit 500
    up ip link set {NIC} promisc on
"""


def put(host: str, path: str, text: str, mode: str = "644") -> None:
    console(
        host, f"mkdir -p {path.rpartition('/')[0]}; cat >{path}; chmod {mode} {path}", text.encode()
    )


def test_what_gives_the_nic_an_address_or_takes_it_at_a_boot_is_named_all_at_once(
    fresh_host: str,
) -> None:
    put(fresh_host, UNIT, SERVICE)
    console(fresh_host, "systemctl enable second-ip")
    put(fresh_host, ALIAS, '#!/bin/sh\nip address add 172.16.1.8/16 dev "$IFACE"\n', "755")
    put(fresh_host, RC_LOCAL, f"#!/bin/sh\nip link add mv0 link {NIC} type macvlan\n", "755")
    put(fresh_host, CHECKOUT, f"@reboot root dhclient {NIC}\n")
    console(fresh_host, f"ln -s {CHECKOUT} /etc/cron.d/lan; mkdir /etc/network/interfaces.d/old")
    said = refusal(fresh_host)
    for path, line in (
        (UNIT, f"line 3: ExecStart=/sbin/ip address add 172.16.1.9/16 dev {NIC}"),
        (ALIAS, 'line 2: ip address add 172.16.1.8/16 dev "$IFACE"'),
        (RC_LOCAL, f"line 2: ip link add mv0 link {NIC} type macvlan"),
        ("/etc/cron.d/lan", f"line 1: @reboot root dhclient {NIC}"),
    ):
        assert f"{path} {line}" in said
    # Debian's own scripts do the like for an address of the stanza, and are nothing to refuse.
    assert "if-pre-up.d/bridge" not in said


def test_a_manual_stanza_whose_command_gives_the_address_is_refused(fresh_host: str) -> None:
    text = f"auto {NIC}\niface {NIC} inet manual\n    up ifconfig {NIC} 172.16.1.1/16 up\n"
    put(fresh_host, INTERFACES, text)
    with pytest.raises(Refused, match=f"up ifconfig {NIC} 172.16.1.1/16 up"):
        refusal(fresh_host)


@pytest.mark.thorough
def test_commands_about_the_link_stay_in_a_file_that_is_kept_elsewhere(fresh_host: str) -> None:
    put(fresh_host, "/srv/fleet/interfaces", LINK)
    console(fresh_host, f"ln -sf /srv/fleet/interfaces {INTERFACES}; systemctl restart networking")
    service = (
        f"test -L {INTERFACES} && tc qdisc show dev {NIC} | grep -o 'limit 500p'"
        f" && cat /sys/class/net/{NIC}/tx_queue_len && ip -d link show {NIC} | grep -o PROMISC"
    )
    play(params(fresh_host), Service(service))
