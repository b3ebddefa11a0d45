"""Hosts with an odd but legal configuration: the change outlives two boots and every restart."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

import pytest
from tests.bench import thorough
from tests.lab.course import Service, play
from tests.lab.test_files import console, params

from runbook.common.errors import HypervisorUnavailable
from runbook.lab import machine, shell
from runbook.lab.names import ROUTER
from runbook.run import pipeline

# Two boots and five restarts, on a machine that does other work too.
pytestmark = pytest.mark.timeout(900)
NIC = "enp4s0f0"
INTERFACES = "/etc/network/interfaces"
LO = "auto lo\niface lo inet loopback\n\n"
STATIC = f"iface {NIC} inet static\n    address 172.16.1.1/16\n    gateway 172.16.0.1\n"
PING = "ping -c 1 -W 1 172.16.0.1 >/dev/null"
PING6 = "ping -6 -c 1 -W 1 {} >/dev/null && ip -6 -o address show to {} | wc -l"


@dataclass(frozen=True, slots=True)
class OddHost:
    """Files below /etc/network as text with latin-1 letters, and what works on such a host."""

    files: dict[str, str]
    service: Service
    router: str = ""
    asked: tuple[tuple[str, object], ...] = ()

    def make(self, host: str) -> None:
        """Write the files, and boot."""
        for path, text in self.files.items():
            console(host, f"cat >{path}", text.encode("latin-1"))
        if self.router:
            nodad = ("nodad",) if ":" in self.router else ()
            shell.run("ip", "-n", ROUTER, "address", "replace", self.router, "dev", "lan", *nodad)
        machine.shut_down(host)
        machine.power_on(host)


COMMENTS_AND_LONG_LINES = f"""\
auto lo {NIC}
# Schr\u00e4nke im B\u00fcro, 2. Stock \u0085\r
iface lo inet loopback

iface {NIC} inet static
    address 172.16.1.1
    netmask 255.255.0.0
    # \u00fcber den Router
    gateway \\
        172.16.0.1
    metric 50
    hwaddress ether 02:00:5e:00:53:01
"""
PLAIN = "one static address on the NIC"
FOUR = "four IPv4 addresses in three styles"
POINT_TO_POINT = "a point-to-point address with a gateway off the link"
ON_A_BRIDGE = "an address on ifupdown's br0"
HOSTS = {
    "latin-1, CR, a continued line, a metric, a MAC": OddHost(
        {INTERFACES: COMMENTS_AND_LONG_LINES},
        Service(f"{PING} && ip route show default | grep -o 'metric [0-9]*'"),
    ),
    "the inet6 stanza in another file in latin-1": OddHost(
        {
            INTERFACES: f"source {INTERFACES}.d/*\n{LO}auto {NIC}\n{STATIC}",
            f"{INTERFACES}.d/v6": f"# f\u00fcr IPv6\niface {NIC} inet6 static\n"
            "    address fd16::77/64\n    gateway fd16::1\n",
        },
        Service(f"{PING} && {PING6.format('fd16::1', 'fd16::77')}"),
    ),
    "IPv6 by a link-local gateway, without DAD and advertisements": OddHost(
        {
            INTERFACES: f"{LO}auto {NIC}\n{STATIC}iface {NIC} inet6 static\n"
            "    address fd16::78/64\n    gateway fe80::1\n    dad-attempts 0\n    accept_ra 0\n",
        },
        Service(
            f"{PING} && {PING6.format('fd99::2', 'fd16::78')}"
            " && ip -6 route show default | grep -o 'via fe80::1'"
        ),
        router="fe80::1/64",
    ),
    PLAIN: OddHost({INTERFACES: f"{LO}auto {NIC}\n{STATIC}"}, Service(PING)),
    FOUR: OddHost(
        {
            INTERFACES: f"{LO}auto {NIC} {NIC}:1\n{STATIC}"
            f"    up ip addr add 10.77.0.6/24 dev {NIC}\n"
            f"    down ip addr del 10.77.0.6/24 dev {NIC}\n"
            f"iface {NIC} inet static\n    address 10.77.0.5/24\n"
            f"iface {NIC}:1 inet static\n    address 172.16.1.77/16\n"
            f"    post-up ip route add 10.99.7.0/24 via 172.16.0.1 dev $IFACE || true\n",
        },
        Service(
            f"{PING}; ping -c 1 -W 1 -I 10.77.0.6 10.77.0.1 >/dev/null"
            " && ip -4 -o address show scope global | grep -c -e 172.16.1. -e 10.77.0."
            " && ip route get 172.16.0.1 | grep -o 'src [0-9.]*'"
            " && ip route get 10.77.0.1 | grep -o 'src [0-9.]*'"
            " && ip route show 10.99.7.0/24 | grep -o via.[0-9.]*"
        ),
        router="10.77.0.1/24",
    ),
    POINT_TO_POINT: OddHost(
        {
            INTERFACES: f"{LO}auto {NIC}\niface {NIC} inet static\n"
            "    address 172.16.1.1\n    netmask 255.255.255.255\n"
            "    gateway 172.16.0.1\n    pointopoint 172.16.0.1\n"
            f"iface {NIC} inet6 static\n    address fd16::78/64\n    gateway fe80::1\n",
        },
        Service(
            f"{PING} && {PING6.format('fd99::2', 'fd16::78')}"
            " && ip route get 10.99.0.2 | grep -o 'src [0-9.]*'"
            " && ip -6 route show default | grep -o 'via fe80::1'"
        ),
        router="fe80::1/64",
        asked=(("address", "172.16.1.1/32"), ("bridge_mac", "nic"), ("forward", "open")),
    ),
    ON_A_BRIDGE: OddHost(
        {
            INTERFACES: f"{LO}allow-hotplug {NIC}\niface {NIC} inet manual\n\nauto br0\n"
            "iface br0 inet static\n    address 172.16.1.1/16\n    gateway 172.16.0.1\n"
            f"    bridge_ports {NIC}\n    bridge_stp off\n    bridge_fd 0\n    bridge_maxwait 0\n",
        },
        Service(f"{PING} && ip -4 -o address show dev br0 | grep -c 172.16.1.1"),
        asked=(("attach", True), ("bridge", "br0"), ("consent", ())),
    ),
}
# tests/matrix has the plain one.
FIRST, *OTHERS = (name for name in HOSTS if name != PLAIN)


@pytest.mark.parametrize("name", [FIRST, *map(thorough, OTHERS)])
def test_an_odd_host_keeps_its_network_through_boots_restarts_and_the_undo(
    fresh_host: str, name: str
) -> None:
    HOSTS[name].make(fresh_host)
    asked = params(fresh_host).model_copy(update=dict(HOSTS[name].asked))
    play(asked, HOSTS[name].service)


def test_a_login_that_prints_is_named_and_no_matter_once_it_prints_in_a_terminal_only(
    fresh_host: str,
) -> None:
    bashrc, original = "/root/.bashrc", console(fresh_host, "cat /root/.bashrc")
    console(
        fresh_host, f"(echo 'echo --- this is $(hostname) ---; uptime'; cat) >{bashrc}", original
    )
    session = pipeline.open_session(params(fresh_host))
    with closing(session.host), pytest.raises(HypervisorUnavailable) as refused:
        pipeline.read(session)
    assert "prints at each login" in refused.value.what
    assert f"this is {fresh_host}" in refused.value.what
    assert b"No such file" in console(fresh_host, "ls /var/lib/runbook")
    guard = "case $- in *i*) ;; *) return ;; esac"
    assert guard in refused.value.then
    console(fresh_host, f"sed -i '1i {guard}' {bashrc}")
    session = pipeline.open_session(params(fresh_host))
    with closing(session.host):
        assert pipeline.read(session).identity.hostname == fresh_host
