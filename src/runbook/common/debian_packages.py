"""The Debian package of each program, for messages about a missing program."""

from __future__ import annotations

_COREUTILS = (
    *("cat", "chmod", "cp", "cut", "date", "df", "dirname", "ln", "mkdir", "mv", "printenv"),
    *("readlink", "rm", "rmdir", "sleep", "sync", "timeout", "tr"),
)
_IPTABLES = tuple(
    f"{family}{kind}{verb}"
    for family in ("iptables", "ip6tables")
    for kind in ("", "-nft", "-legacy")
    for verb in ("", "-save", "-restore")
)
_NAMED = {
    "dhclient": "isc-dhcp-client",
    "dhcpcd": "dhcpcd-base",
    "dnsmasq": "dnsmasq-base",
    "flock": "util-linux",
    "ifup": "ifupdown",
    "ip": "iproute2",
    "kill": "procps",
    "modprobe": "kmod",
    "netfilter-persistent": "netfilter-persistent",
    "nft": "nftables",
    "ping": "iputils-ping",
    "python3": "python3-minimal",
    "sh": "dash",
    "ss": "iproute2",
    "sysctl": "procps",
    "systemctl": "systemd",
    "systemd-run": "systemd",
    "virsh": "libvirt-clients",
}
PACKAGES = {
    **dict.fromkeys(_COREUTILS, "coreutils"),
    **dict.fromkeys(_IPTABLES, "iptables"),
    **_NAMED,
}
