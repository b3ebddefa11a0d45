"""Docker's FORWARD drops what guests on the bridge send, in both families, until it is told not to.

Docker itself is not there: a unit makes its chains and its policy, as Docker does at each start.
"""

from __future__ import annotations

from contextlib import closing

import pytest
from tests.lab.test_files import console, params, ready
from tests.matrix.course import FINE, as_promised, change, reboot, succeed, undone

from runbook.params import Params
from runbook.preflight import RefusedByPreflight
from runbook.run import pipeline

# Three boots, on a machine that does other work too.
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(1500)]
HOST = "server-01"
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
# What preflight says to type, done at each boot.
LET_THROUGH = """\
#!/bin/sh
for tables in iptables ip6tables; do
    $tables -N DOCKER-USER 2>/dev/null
    $tables -I DOCKER-USER -i virbr1 -o virbr1 -j ACCEPT
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


def refused(asked: Params) -> str:
    """What preflight says."""
    session = pipeline.open_session(asked)
    with closing(session.host), pytest.raises(RefusedByPreflight) as refusal:
        ready(session)
    return str(refusal.value)


@pytest.mark.usefixtures("release")
def test_guests_get_through_docker_s_forward_in_both_families_once_it_was_told() -> None:
    console(HOST, "sysctl -w net.bridge.bridge-nf-call-iptables=1")
    console(HOST, "sysctl -w net.bridge.bridge-nf-call-ip6tables=1")
    put(HOST, "docker-chains", DOCKER, "libvirtd.service")
    said = refused(asked(HOST))
    for program in ("iptables", "ip6tables"):
        assert f"{program} -I DOCKER-USER -i virbr1 -o virbr1 -j ACCEPT" in said
    assert "guests would not even find their IPv6 neighbours" in said
    put(HOST, "guests-through", LET_THROUGH, "docker-chains.service")
    start, session = change(asked(HOST))
    assert console(HOST, GUEST) == b"IPv4\nIPv6\n"
    succeed(HOST, "systemctl", "restart", "docker-chains")
    assert console(HOST, GUEST) == b"IPv4\nIPv6\n"
    for after in ("sysinit.target", "libvirtd.service"):
        put(HOST, "docker-chains", DOCKER, after)
        reboot(HOST)
        assert as_promised(session, start) == FINE, after
        assert console(HOST, GUEST) == b"IPv4\nIPv6\n", after
    assert undone(session, HOST, start) == FINE


@pytest.mark.usefixtures("release")
def test_without_the_rule_a_guest_gets_nothing_through() -> None:
    """The chains of this file do drop, in either family."""
    console(HOST, "sysctl -w net.bridge.bridge-nf-call-iptables=1")
    console(HOST, "sysctl -w net.bridge.bridge-nf-call-ip6tables=1")
    change(asked(HOST))
    assert console(HOST, GUEST) == b"IPv4\nIPv6\n"
    put(HOST, "docker-chains", DOCKER, "libvirtd.service")
    assert console(HOST, GUEST) == b""
