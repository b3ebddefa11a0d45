"""The way of a packet through the whole host: every table and both backends in turn."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.plan.netfilter.native import native
from runbook.plan.netfilter.packet import Packet
from runbook.plan.netfilter.ruleset import ChainPlace, Chains
from runbook.plan.netfilter.walk import LOST, Judgement, PacketVerdict, walk
from runbook.state.nftables import NftablesRow

# Table and chain in the order in which the kernel asks them; nat only for a first packet.
IN = (
    *(("raw", "PREROUTING"), ("mangle", "PREROUTING"), ("nat", "PREROUTING")),
    *(("mangle", "INPUT"), ("filter", "INPUT"), ("security", "INPUT"), ("nat", "INPUT")),
)
OUT = (
    *(("raw", "OUTPUT"), ("mangle", "OUTPUT"), ("nat", "OUTPUT"), ("filter", "OUTPUT")),
    *(("security", "OUTPUT"), ("mangle", "POSTROUTING"), ("nat", "POSTROUTING")),
)
THROUGH = (
    *(("raw", "PREROUTING"), ("mangle", "PREROUTING"), ("nat", "PREROUTING")),
    *(("mangle", "FORWARD"), ("filter", "FORWARD"), ("security", "FORWARD")),
    *(("mangle", "POSTROUTING"), ("nat", "POSTROUTING")),
)
HookPath = tuple[tuple[str, str], ...]
BACKENDS = ("nft", "legacy")


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """All that may decide on a packet: iptables' chains, and nft's own tables."""

    chains: Chains
    nftables: tuple[NftablesRow, ...]


def judge(rules: Rules, packet: Packet, way: HookPath) -> Judgement:
    """ACCEPT where every chain surely accepts, lost where one surely does not, else UNSURE."""
    doubtful: list[Judgement] = []
    for backend in BACKENDS:
        for table, chain in way:
            if table == "nat" and packet.ctstate != "NEW":
                continue
            found = walk(rules.chains, packet, ChainPlace(backend, packet.family, table, chain))
            if found.verdict in LOST:
                return found
            doubtful += [found] if found.verdict is PacketVerdict.UNSURE else []
    found = native(rules.nftables, packet.family, {chain.lower() for _, chain in way})
    doubtful += [found] if found.verdict is PacketVerdict.UNSURE else []
    return doubtful[0] if doubtful else Judgement(PacketVerdict.ACCEPT, ())
