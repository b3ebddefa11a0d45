"""Docker's FORWARD drops what guests on the bridge send, in both families.

Docker itself is not there: a unit makes its chains and its policy, as Docker does at each start.
"""

from __future__ import annotations

import pytest
from tests.lab.test_files import console, params
from tests.matrix.course import change

from runbook.params import Params

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(1500)]
UNITS, SCRIPTS = "/etc/systemd/system", "/usr/local/sbin"
DOCKER = """\
#!/bin/sh
for tables in iptables ip6tables; do
    $tables -P FORWARD DROP
    for chain in DOCKER-USER DOCKER-FORWARD; do
        $tables -N $chain 2>/dev/null
        $tables -D FORWARD -j $chain 2>/dev/null
    done
    $tables -F DOCKER-FORWARD
    $tables -A DOCKER-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -o docker0 -j ACCEPT
    $tables -A DOCKER-FORWARD -i docker0 -j ACCEPT
    $tables -I FORWARD -j DOCKER-FORWARD
    $tables -I FORWARD -j DOCKER-USER
done
"""
UNIT = """\
[Unit]
After=network.target {after}
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={script}
[Install]
WantedBy=multi-user.target
"""
# A guest as the firewall sees one: a port of the bridge with somebody behind it.
GUEST = """
ip netns add guest && ip link add tap0 type veth peer name eth0 netns guest
ip link set tap0 master virbr1 up
ip -n guest address add 172.16.9.9/16 dev eth0
ip -n guest address add fd16::9:9/64 dev eth0 nodad
ip -n guest link set eth0 up
sleep 6
ip netns exec guest ping -c 2 -W 2 172.16.0.1 >/dev/null && echo IPv4
ip netns exec guest ping -6 -c 2 -W 2 fd16::1 >/dev/null && echo IPv6
ip netns delete guest
"""


def put(host: str, name: str, script: str, after: str = "") -> None:
    """A script, and the unit that runs it."""
    console(host, f"cat >{SCRIPTS}/{name}; chmod 755 {SCRIPTS}/{name}", script.encode())
    unit = UNIT.format(after=after, script=f"{SCRIPTS}/{name}")
    console(host, f"cat >{UNITS}/{name}.service; systemctl daemon-reload", unit.encode())
    console(host, f"systemctl enable {name}; systemctl restart {name}")


def asked(host: str) -> Params:
    """With `nat` libvirt itself lets IPv4 across its bridge, so only IPv6 would be dropped."""
    return params(host).model_copy(update={"forward": "open"})


def test_without_the_rule_a_guest_gets_nothing_through(fresh_host: str) -> None:
    """What the consent `guests-dropped` is about: the change is as promised."""
    console(fresh_host, "sysctl -w net.bridge.bridge-nf-call-iptables=1")
    console(fresh_host, "sysctl -w net.bridge.bridge-nf-call-ip6tables=1")
    change(asked(fresh_host))
    assert console(fresh_host, GUEST) == b"IPv4\nIPv6\n"
    put(fresh_host, "docker-chains", DOCKER, "libvirtd.service")
    assert console(fresh_host, GUEST) == b""
