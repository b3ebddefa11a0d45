"""Record what the kernel, iptables and nft say of a network made for the purpose (root).

    .venv/bin/python tests/unit/data/record.py

Needs iptables of both kinds and nftables. Two namespaces of its own are built,
asked and removed. Beside each raw dump stands what iproute2 says of the same
moment, which is what the tests compare with.
"""

from __future__ import annotations

import ctypes
import os
import shlex
import subprocess
from pathlib import Path

from runbook.state import netlink
from runbook.transport.relay.netlink import dump

FOLDER = Path(__file__).parent / "kernel"
HERE, THERE = "rb-recording", "rb-recording-far"
CLONE_NEWNET = 0x40000000
SCENE = f"""
ip link set lo up
ip link add nic0 type veth peer name far0 netns {THERE}
ip link add nic1 type veth peer name far1 netns {THERE}
ip link add nic2 type veth peer name far2 netns {THERE}
ip link add br0 address 52:54:00:00:00:01 type bridge stp_state 1 forward_delay 1500
ip link add br1 address 52:54:00:00:00:02 type bridge forward_delay 200
ip link set nic1 master br0
ip link set nic2 master br1
ip link add link nic0 name mv0 type macvlan mode bridge
ip tuntap add tap0 mode tap
ip link set tap0 master br0
ip -n {THERE} link set far0 up
ip -n {THERE} link set far1 up
ip -n {THERE} link set far2 up
ip link set nic0 mtu 1400 up
ip link set nic1 up
ip link set nic2 up
ip link set br0 up
ip link set br1 up
ip addr add 172.16.1.1/16 brd + dev nic0
ip addr add 172.16.1.2/16 brd + dev nic0 label nic0:1
ip addr add 10.9.0.1 peer 10.9.0.2/32 dev nic0
ip addr add 192.0.2.1/24 dev br1 noprefixroute valid_lft 3600 preferred_lft 1800
ip addr add 2001:db8::1/64 dev nic0 nodad
ip addr add 2001:db8::2/64 dev nic0 nodad valid_lft 3600 preferred_lft 0
ip route add default via 172.16.0.1 dev nic0
ip route add default via 172.16.0.2 dev nic0 metric 100
ip route add 10.1.0.0/16 via 172.16.0.1 mtu 1300 src 172.16.1.2
ip route add 10.2.0.0/16 via 203.0.113.1 dev nic0 onlink
ip route add 10.3.0.0/16 tos 0x10 via 172.16.0.1
ip route add 10.4.0.0/16 nexthop via 172.16.0.1 dev nic0 nexthop via 172.16.0.2 dev nic0 weight 3
ip route add 10.5.0.0/16 via inet6 fe80::1 dev nic0
ip route add 10.6.0.1 dev nic0 proto static scope link table 1000
ip route add 10.7.0.0/16 via 172.16.0.1 proto bird
ip route add blackhole 10.8.0.0/16
ip route add unreachable 10.10.0.0/16 metric 5
ip route add prohibit 10.11.0.0/16
ip route append 10.7.0.0/16 via 172.16.0.9 proto bird
ip -6 route add default via fe80::1 dev nic0
ip -6 route add 2001:db8:1::/48 via 2001:db8::9 metric 7 mtu 1280
ip -6 route add 2001:db8:2::/48 nexthop via fe80::1 dev nic0 nexthop via fe80::2 dev nic0
ip -6 route add unreachable 2001:db8:3::/48
ip rule add from 10.1.0.0/16 lookup 1000 priority 100
ip rule add fwmark 0x10/0xff lookup 1000 priority 101
ip rule add fwmark 0x11 lookup 1000 priority 102
ip rule add iif nic0 to 10.6.0.1 lookup 1000 priority 103
ip rule add not from 10.2.0.0/16 oif nic0 blackhole priority 104
ip rule add prohibit from 10.3.0.3 priority 105
ip rule add ipproto tcp dport 22 lookup 1000 priority 106
ip rule add ipproto udp dport 53 lookup 1000 priority 106
ip -6 rule add from 2001:db8::/64 lookup 1000 priority 200
ip neigh add 172.16.0.1 lladdr 02:00:00:00:00:01 dev nic0 nud permanent
ip neigh add 172.16.0.2 lladdr 02:00:00:00:00:02 dev nic0 nud stale
ip neigh add 172.16.0.3 dev nic0 nud failed
ip -6 neigh add fe80::1 lladdr 02:00:00:00:00:01 dev nic0 nud permanent
iptables-nft -P INPUT DROP
iptables-nft -N own
iptables-nft -A INPUT -i nic0 -p tcp --dport 22 -m comment --comment "COMMIT to ssh" -j ACCEPT
iptables-nft -A INPUT -s 10.0.0.0/8 -j own
iptables-nft -A own -j RETURN
iptables-nft -A own -j RETURN
iptables-nft -t nat -A POSTROUTING -o nic0 -j MASQUERADE
iptables-nft -A INPUT -m limit --limit 3/min -j LOG --log-prefix "it's a \\"x\\" "
ip6tables-nft -A FORWARD -i nic0 -j DROP
iptables-legacy -P FORWARD DROP
iptables-legacy -A INPUT -i nic0 -m comment --comment "it's" -j ACCEPT
iptables-legacy -t nat -A POSTROUTING -o nic0 -j MASQUERADE
nft add table inet filter
nft add chain inet filter input "{{ type filter hook input priority 0; policy accept; }}"
nft add rule inet filter input iifname nic0 tcp dport 22 counter accept
nft add rule inet filter input quota 10 mbytes drop
nft add table ip mangle
nft add chain ip mangle own "{{ type filter hook input priority 0; policy drop; }}"
nft add rule ip mangle own iifname nic0 tcp dport 22 accept
nft add table ip6 nat
nft add chain ip6 nat PREROUTING "{{ type nat hook prerouting priority -100; }}"
nft add rule ip6 nat PREROUTING iifname nic0 tcp dport "{{ 22, 80 }}" accept
nft add table inet named
nft add set inet named ways "{{ type ifname; elements = {{ nic0 }}; }}"
nft add set inet named seen "{{ type ipv4_addr; flags timeout; }}"
nft add element inet named seen "{{ 10.0.0.9 timeout 1h }}"
nft add map inet named verdicts "{{ type ifname : verdict; elements = {{ nic0 : accept }}; }}"
sleep 3
"""
DUMPS = {
    "links": [(netlink.RTM_GETLINK, netlink.AF_UNSPEC)],
    "addresses": [(netlink.RTM_GETADDR, netlink.AF_UNSPEC)],
    "routes": [(netlink.RTM_GETROUTE, netlink.AF_INET), (netlink.RTM_GETROUTE, netlink.AF_INET6)],
    "rules": [(netlink.RTM_GETRULE, netlink.AF_INET), (netlink.RTM_GETRULE, netlink.AF_INET6)],
    "neighbours": [(netlink.RTM_GETNEIGH, netlink.AF_UNSPEC)],
}
SAID = {
    "ip-link.json": "ip -j -d link",
    "ip-addr.json": "ip -j addr",
    "ip-route.json": "ip -j -d -N -4 route show table all",
    "ip6-route.json": "ip -j -d -N -6 route show table all",
    "ip-rule.json": "ip -j -N rule",
    "ip6-rule.json": "ip -j -N -6 rule",
    "ip-neigh.json": "ip -j neigh",
    "iptables-nft-save.txt": "iptables-nft-save -c",
    "ip6tables-nft-save.txt": "ip6tables-nft-save -c",
    "iptables-legacy-save.txt": "iptables-legacy-save -c",
    "nft.json": "nft -j list ruleset",
}


def run(line: str) -> bytes:
    """A command's output."""
    return subprocess.run(shlex.split(line), check=True, stdout=subprocess.PIPE).stdout


def main() -> None:
    """Build, ask, remove."""
    run(f"ip netns add {HERE}")
    run(f"ip netns add {THERE}")
    try:
        descriptor = os.open(f"/run/netns/{HERE}", os.O_RDONLY)
        ctypes.CDLL(None).setns(descriptor, CLONE_NEWNET)
        for line in SCENE.strip().splitlines():
            run(line)
        for name, asked in DUMPS.items():
            raw = b"".join(dump({}, netlink.request(*question))[1] for question in asked)
            (FOLDER / f"{name}.bin").write_bytes(raw)
        for name, line in SAID.items():
            (FOLDER / name).write_bytes(run(line))
    finally:
        run(f"ip netns del {HERE}")
        run(f"ip netns del {THERE}")


if __name__ == "__main__":
    main()
