"""What comes in for an interface while it becomes a port: nftables hands it to the pair of veth.

The kernel drops each frame from when the interface is a port until the port forwards: less than a
millisecond, and 2 ms to 30 ms where the processor is slow. The rule forgets the MAC by itself, so a
host that is left alone with it is not cut off when the pair goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from runbook.common.errors import GateClosed, StepFailed
from runbook.params.fields import CARRIERS
from runbook.state.links import LinkRow
from runbook.transport.host import Host

# The undo on the host uses the same name (undo_head.sh).
TABLE = CARRIERS[0].rstrip("0")
FORGOTTEN_S = 20
BUDGET_S = 5.0
RULE = """\
add table netdev {table}
delete table netdev {table}
table netdev {table} {{
    set own {{
        type ether_addr
        flags timeout
        elements = {{ {mac} timeout {seconds}s }}
    }}
    chain frames {{
        type filter hook ingress device "{port}" priority 0
        icmpv6 type {{ nd-neighbor-solicit, nd-neighbor-advert }} accept
        meta protocol {{ ip, ip6 }} ether daddr @own fwd to "{carrier}"
    }}
}}
"""


@contextmanager
def handed_over(host: Host, joining: LinkRow) -> Iterator[None]:
    """Meanwhile, what comes in for the interface goes by the pair of veth."""
    rule = RULE.format(
        table=TABLE,
        mac=joining.mac,
        seconds=FORGOTTEN_S,
        port=joining.ifname,
        carrier=CARRIERS[1],
    )
    if tried(host, ("ip", "-batch", "-"), _same_mac(joining)):
        tried(host, ("nft", "-f", "-"), rule)
    yield
    tried(host, ("nft", "delete", "table", "netdev", TABLE))


def _same_mac(joining: LinkRow) -> str:
    """The bridge takes frames for a MAC of any of its ports as the host's own.

    It must not learn from the pair either: it would send by the pair to whoever was heard there.
    """
    first, second = (f"link set dev {end} mtu {joining.mtu}" for end in CARRIERS)
    still = f"link set dev {CARRIERS[0]} type bridge_slave learning off"
    return f"{still}\n{second}\n{first} address {joining.mac}\n"


def tried(host: Host, argv: tuple[str, ...], stdin: str = "") -> bool:
    """Whether it could be done; without it some frames are lost, and that is all."""
    try:
        return host.execute(argv, stdin=stdin.encode(), timeout=BUDGET_S).returncode == 0
    except GateClosed:
        raise
    except StepFailed:
        return False
