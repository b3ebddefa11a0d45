"""Hosts that lose something only some time later: each is refused by file and line, or is right.

What preflight advises is typed as it stands there, and the host then outlives boots, restarts and
the undo.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from tests.lab.course import Service, play, with_consent
from tests.lab.test_files import console, params, refusal
from tests.lab.test_next_boot import put
from tests.matrix.course import reboot

# Two boots and five restarts, on a machine that does other work too.
pytestmark = pytest.mark.timeout(900)
NIC, BRIDGE, ADDRESS = "enp4s0f0", "virbr1", "172.16.1.1"
LAN = "ping -c 1 -W 1 172.16.0.1 >/dev/null"
UNITS, IF_UP = "/etc/systemd/system", "/etc/network/if-up.d"
ONESHOT = "[Service]\nType=oneshot\nRemainAfterExit=yes\n"
EARLY = f"[Unit]\nAfter=networking.service\n{ONESHOT}"
ONLINE = f"[Unit]\nWants=network-online.target\nAfter=network-online.target\n{ONESHOT}"
INSTALL = "[Install]\nWantedBy=multi-user.target\n"


@dataclass(frozen=True, slots=True)
class Kind:
    """A host's files, what works there, what preflight says of it, and what makes it right."""

    files: dict[str, str]
    asked: str
    said: tuple[str, ...]
    mended: dict[str, str]
    typed: str = "true"
    consent: tuple[str, ...] = ()
    enabled: str = ""

    def make(self, host: str) -> None:
        """Write the files, and boot."""
        for path, text in self.files.items():
            console(host, f"mkdir -p $(dirname {path})")
            put(host, path, text, "644" if path.startswith(UNITS) else "755")
        console(host, f"systemctl enable {self.enabled}" if self.enabled else "true")
        reboot(host)

    def mend(self, host: str) -> None:
        """Do as preflight says."""
        for path, text in self.mended.items():
            put(host, path, text, "644" if path.startswith(UNITS) else "755")
        console(host, f"systemctl daemon-reload; {self.typed}")


WAIT, RULES, PROXY = "/usr/local/sbin/wait-for-lan", f"{UNITS}/rules.service", f"{UNITS}/px.service"
OF_SSHD = f"{UNITS}/ssh.service.d/wait.conf"
BY_VARIABLE = f"""\
#!/bin/sh
NIC={NIC}
while ! ip addr show dev "$NIC" | grep -q "inet "; do sleep 1; done
"""
BY_ADDRESS = f"""\
#!/bin/sh
until ip -4 -o addr show to {ADDRESS} | grep -q .; do sleep 1; done
"""
RULE = "ip rule add from all to 10.60.0.0/16 iif {} lookup 100 priority 600"
RULED = f"{EARLY}ExecStart=/sbin/{RULE.format(NIC)}\n"
ENTRY = "ip neigh add proxy 172.16.9.9 dev"
BY_LOOK = f"ExecStart=/bin/sh -c 'N=$(ls /sys/class/net | grep ^enp); {ENTRY} $N'\n"
OF_METHOD = '[ "$METHOD" = static ] || exit 0'
SOURCE = "ip rule add from {} lookup 200 priority 500"
KINDS = {
    "sshd waits for the NIC's address by a variable": Kind(
        {
            WAIT: BY_VARIABLE,
            f"{UNITS}/ssh.service.d/wait.conf": f"[Service]\nExecStartPre={WAIT}\n",
        },
        "systemctl is-active ssh",
        (f"{WAIT} line 3: while ! ip addr show", f"ip -4 -o addr show to {ADDRESS} | grep -q ."),
        {WAIT: BY_ADDRESS},
    ),
    "a policy rule for what comes in by the NIC": Kind(
        {RULES: f"{RULED}{INSTALL}"},
        f"ip rule show priority 600 | grep -c {NIC}",
        (f"`{RULE.format(BRIDGE)}`", f"{RULES} line 6: ExecStart=/sbin/ip rule add"),
        {RULES: f"{RULED}ExecStart=/sbin/{RULE.format(BRIDGE)}\n{INSTALL}"},
        RULE.format(BRIDGE),
        enabled="rules",
    ),
    "a proxy entry that a unit makes for whichever NIC is there": Kind(
        {PROXY: f"{EARLY}{BY_LOOK}{INSTALL}"},
        "systemctl is-active px",
        ("the host answers for 172.16.9.9", f"ip neigh del proxy 172.16.9.9 dev {NIC}"),
        {PROXY: f"{ONLINE}ExecStart=-/sbin/{ENTRY} {BRIDGE}\n{INSTALL}"},
        f"ip neigh del proxy 172.16.9.9 dev {NIC}",
        enabled="px",
    ),
    "a script of ifupdown for static addresses": Kind(
        {f"{IF_UP}/source": f"#!/bin/sh\n{OF_METHOD}\n{SOURCE.format('$IF_ADDRESS')}\n"},
        "ip rule show priority 500 | grep -c 200",
        (f"{IF_UP}/source line 2: {OF_METHOD}", "After=network-online.target"),
        {RULES: f"{ONLINE}ExecStart=-/sbin/{SOURCE.format(ADDRESS)}\n{INSTALL}"},
        f"rm {IF_UP}/source; systemctl enable rules",
    ),
}


@pytest.mark.thorough
@pytest.mark.parametrize("name", KINDS)
def test_a_host_is_refused_and_right_once_it_is_as_the_refusal_says(
    fresh_host: str, name: str
) -> None:
    kind = KINDS[name]
    kind.make(fresh_host)
    said = refusal(fresh_host)
    assert [words for words in kind.said if words not in said] == []
    kind.mend(fresh_host)
    play(with_consent(fresh_host, *kind.consent), Service(f"{LAN}; {kind.asked}"))
    reboot(fresh_host)
    assert Service(f"{LAN}; {kind.asked}").answer(fresh_host).endswith(b"exit status 0\n")


INGRESS = f"""\
#!/usr/sbin/nft -f
table netdev early
delete table netdev early
table netdev early {{
    chain in {{
        type filter hook ingress device "{NIC}" priority 0; policy accept;
        ip saddr 203.0.113.0/24 drop
    }}
}}
"""


@pytest.mark.thorough
def test_a_chain_at_the_nic_s_ingress_is_there_after_each_boot(fresh_host: str) -> None:
    put(fresh_host, "/etc/nftables.conf", INGRESS)
    console(fresh_host, "systemctl enable --now nftables")
    works = Service(f"{LAN}; nft list table netdev early | grep -c saddr", ("nftables",))
    play(params(fresh_host), works)


JOINS = (
    "import socket, time; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM);"
    " s.setsockopt(0, 35, socket.inet_aton('239.9.9.9') + socket.inet_aton('172.16.1.1'));"
    " time.sleep(1e6)"
)


def test_a_program_that_has_joined_a_group_and_a_limit_on_any_port_are_named(
    fresh_host: str,
) -> None:
    console(fresh_host, f'systemd-run python3 -c "{JOINS}"; sleep 1')
    limit = "iptables -A INPUT -p tcp --syn -m recent --name ANY"
    console(fresh_host, f"{limit} --set; {limit} --update --seconds 60 --hitcount 60 -j DROP")
    said = refusal(fresh_host)
    assert f"programs have joined 239.9.9.9 by {NIC}" in said
    assert "--hitcount 60" in said
