"""Steps that have one bridge take another's place, and of the undo, without a gap between them."""

from __future__ import annotations

from dataclasses import dataclass

# Whether the kernel waits for its RCU at once. A value of our own tells ours from anybody's.
EXPEDITED, OWN_VALUE = "/sys/kernel/rcu_expedited", "2"


@dataclass(frozen=True, slots=True)
class HurryKernel:
    """Have the kernel hurry while a port leaves its bridge, and no more after it.

    Debian's kernels wait 8 ms to 120 ms there, and the port hears nothing meanwhile. A value that
    somebody else has set stays; a host without the file goes on without it.
    """

    on: bool
    budget_s: float = 5.0

    @property
    def values(self) -> tuple[str, str]:
        """The value that is changed, and the one that it becomes."""
        return ("0", OWN_VALUE) if self.on else (OWN_VALUE, "0")

    def describe(self) -> str:
        before, after = self.values
        return f"echo {after} >{EXPEDITED}   # if it is {before}"


@dataclass(frozen=True, slots=True)
class JoinBridges:
    """A pair of veth joins both bridges until all ports have passed; only ever part of an undo.

    `old` is made if it is gone, with this MAC: it must speak with no other.
    """

    new: str
    old: str
    mac: str
    budget_s: float = 5.0

    def describe(self) -> str:
        return f"join {self.new} and {self.old} by a pair of veth"


@dataclass(frozen=True, slots=True)
class TakePorts:
    """All ports of `new` pass to `old`, and the pair of veth goes; only ever part of an undo.

    Which they are is read when the step is made: a guest's tap has another name after its restart.
    `port` is the one that has to be in `old` then.
    """

    new: str
    old: str
    port: str
    budget_s: float = 5.0

    def describe(self) -> str:
        return f"put every port of {self.new} into {self.old}"


@dataclass(frozen=True, slots=True)
class OpenShortcut:
    """Frames between guests and the LAN go straight from tap to NIC, past both bridges.

    The kernel drops what a port hears while it passes from one bridge to the other. `guests` are
    MACs with their taps, `local` the MACs that a guest reaches on the host itself; for those, and
    for frames to all, the bridges stay the way. nftables does it, and forgets the guests' MACs by
    itself. A host without nftables loses some frames, and that is all.
    """

    nic: str
    guests: tuple[tuple[str, str], ...]
    local: tuple[str, ...]
    budget_s: float = 5.0

    def describe(self) -> str:
        taps = ", ".join(tap for _, tap in self.guests)
        return f"nft: for {FORGOTTEN_S} s, guests' frames go straight from {taps} to {self.nic}"

    @property
    def ruleset(self) -> str:
        """What `nft -f` reads: a chain for the NIC, and one for each tap."""
        known = ", ".join(f"{mac} timeout {FORGOTTEN_S}s" for mac, _ in self.guests)
        return _RULESET.format(
            table=SHORTCUT,
            known=known,
            local=", ".join(self.local),
            nic=self.nic,
            to_taps="".join(f"        {_to_tap(mac, tap)}\n" for mac, tap in self.guests),
            chains="".join(
                _TO_NIC.format(number=number, tap=tap, nic=self.nic)
                for number, (_, tap) in enumerate(self.guests)
            ),
        )


def _to_tap(mac: str, tap: str) -> str:
    return f'ether daddr {mac} ether daddr @guests fwd to "{tap}"'


@dataclass(frozen=True, slots=True)
class CloseShortcut:
    """Guests' frames go by their bridge again."""

    budget_s: float = 5.0

    def describe(self) -> str:
        return f"nft delete table netdev {SHORTCUT}"


# The undo on the host writes the same (undo_head.sh).
SHORTCUT, FORGOTTEN_S = "rbguests", 60
_RULESET = """\
add table netdev {table}
delete table netdev {table}
table netdev {table} {{
    set guests {{
        type ether_addr
        flags timeout
        elements = {{ {known} }}
    }}
    set local {{
        type ether_addr
        elements = {{ {local} }}
    }}
    chain nic {{
        type filter hook ingress device "{nic}" priority 1
{to_taps}    }}
{chains}}}
"""
_TO_NIC = """\
    chain guest{number} {{
        type filter hook ingress device "{tap}" priority 1
        meta pkttype {{ broadcast, multicast }} accept
        ether saddr @guests ether daddr != @local fwd to "{nic}"
    }}
"""
