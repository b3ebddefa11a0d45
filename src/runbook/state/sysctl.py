"""The kernel parameters that decide whether a bridge carries its guests' traffic."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from runbook.state.table import Table, ordered, understood
from runbook.transport.host import Reader


class SysctlRow(NamedTuple):
    """One kernel parameter."""

    name: Annotated[str, "as sysctl(8) writes it; a dot inside an interface's name is a slash"]
    value: Annotated[str, "its value"]


KEY = ("name",)
ROOT = "/proc/sys/"
WORDS4 = (
    *("forwarding", "accept_redirects", "send_redirects", "rp_filter"),
    *("arp_ignore", "arp_announce", "arp_notify", "proxy_arp"),
)
WORDS6 = ("disable_ipv6", "accept_ra", "forwarding", "accept_redirects")
PATTERNS = (
    "net/ipv4/ip_forward",
    "net/netfilter/nf_conntrack_tcp_loose",
    *(f"net/ipv4/conf/*/{word}" for word in WORDS4),
    *(f"net/ipv6/conf/*/{word}" for word in WORDS6),
    *(f"net/bridge/bridge-nf-call-{word}" for word in ("iptables", "ip6tables", "arptables")),
)
_SWAP = str.maketrans("/.", "./")


def name_of(path: str) -> str:
    """/proc/sys/net/ipv4/ip_forward is net.ipv4.ip_forward."""
    return path.removeprefix(ROOT).translate(_SWAP)


def parse(values: dict[str, bytes]) -> tuple[SysctlRow, ...]:
    """One row a parameter; `values` maps its path to what the file holds."""
    rows = (SysctlRow(name_of(path), value.decode().strip()) for path, value in values.items())
    return ordered(rows, KEY)


@understood
def read(host: Reader) -> tuple[SysctlRow, ...]:
    """Read them from /proc/sys; a parameter that went away meanwhile is left out."""
    paths = host.glob(*(ROOT + pattern for pattern in PATTERNS))
    values = zip(paths, host.read_files(paths), strict=True)
    return parse({path: file.content for path, file in values if file is not None})


TABLE = Table("sysctl", SysctlRow, KEY, read)
