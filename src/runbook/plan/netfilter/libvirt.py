"""The iptables rules that libvirt adds for a NAT network.

As in libvirt's own source (src/network): straight in the built-in chains up to
5.0 (Debian 10), in chains of its own since, which it puts in front of all else.
"""

from __future__ import annotations

from dataclasses import dataclass

from runbook.plan.netfilter.owner import LIBVIRT_CHAIN
from runbook.plan.netfilter.ruleset import ChainPlace, Chains, LiveChain

# Its chains, in the order in which the jumps to them stand.
JUMPS = (
    ("filter", "INPUT", "LIBVIRT_INP"),
    ("filter", "FORWARD", "LIBVIRT_FWX"),
    ("filter", "FORWARD", "LIBVIRT_FWI"),
    ("filter", "FORWARD", "LIBVIRT_FWO"),
    ("filter", "OUTPUT", "LIBVIRT_OUT"),
    ("nat", "POSTROUTING", "LIBVIRT_PRT"),
    ("mangle", "POSTROUTING", "LIBVIRT_PRT"),
)
REJECT = "-j REJECT --reject-with icmp-port-unreachable"
ESTABLISHED = "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"


@dataclass(frozen=True, slots=True)
class Network:
    """A libvirt NAT network: its bridge, its subnet, the interface it forwards through or ''."""

    bridge: str
    subnet: str
    nic: str


@dataclass(frozen=True, slots=True)
class OwnRule:
    """A rule of libvirt's: where it stands now, where it stood before, and what it says."""

    table: str
    chain: str
    built_in: str
    words: str
    dhcp_only: bool = False

    def text(self, chain: str = "") -> str:
        """As iptables-save writes it, in its own chain or in another."""
        return f"-A {chain or self.chain} {self.words}"


def rules_of(network: Network) -> tuple[OwnRule, ...]:
    """Each rule, in the order of its chain."""
    return (*_filter(network), *_nat(network), *_mangle(network))


def _filter(network: Network) -> tuple[OwnRule, ...]:
    bridge, subnet = network.bridge, network.subnet
    through = f"-i {network.nic} " if network.nic else ""
    forward = (
        ("LIBVIRT_FWX", f"-i {bridge} -o {bridge} -j ACCEPT"),
        ("LIBVIRT_FWI", f"-d {subnet} {through}-o {bridge} {ESTABLISHED}"),
        ("LIBVIRT_FWI", f"-o {bridge} {REJECT}"),
        ("LIBVIRT_FWO", f"-s {subnet} -i {bridge} {_out(network)}-j ACCEPT"),
        ("LIBVIRT_FWO", f"-i {bridge} {REJECT}"),
    )
    served = ((port, proto) for port in (53, 67) for proto in ("udp", "tcp"))
    heard = (f"-i {bridge} -p {p} -m {p} --dport {port} -j ACCEPT" for port, p in served)
    served = ((port, proto) for port in (53, 68) for proto in ("udp", "tcp"))
    said = (f"-o {bridge} -p {p} -m {p} --dport {port} -j ACCEPT" for port, p in served)
    return (
        *(OwnRule("filter", "LIBVIRT_INP", "INPUT", words) for words in heard),
        *(OwnRule("filter", chain, "FORWARD", words) for chain, words in forward),
        *(OwnRule("filter", "LIBVIRT_OUT", "OUTPUT", words) for words in said),
    )


def _out(network: Network) -> str:
    return f"-o {network.nic} " if network.nic else ""


def _nat(network: Network) -> tuple[OwnRule, ...]:
    subnet, out = network.subnet, _out(network)
    away = f"-s {subnet} ! -d {subnet} {out}"
    words = (
        f"-s {subnet} -d 224.0.0.0/24 {out}-j RETURN",
        f"-s {subnet} -d 255.255.255.255/32 {out}-j RETURN",
        f"{away}-p tcp -j MASQUERADE --to-ports 1024-65535",
        f"{away}-p udp -j MASQUERADE --to-ports 1024-65535",
        f"{away}-j MASQUERADE",
    )
    return tuple(OwnRule("nat", "LIBVIRT_PRT", "POSTROUTING", one) for one in words)


def _mangle(network: Network) -> tuple[OwnRule, ...]:
    words = f"-o {network.bridge} -p udp -m udp --dport 68 -j CHECKSUM --checksum-fill"
    return (OwnRule("mangle", "LIBVIRT_PRT", "POSTROUTING", words, dhcp_only=True),)


def with_network(chains: Chains, network: Network, backend: str) -> Chains:
    """The chains once libvirt has started the network; its jumps come first where it has none."""
    for table, parent, name in reversed(JUMPS):
        chains = _with_jump(chains, ChainPlace(backend, "inet", table, parent), name)
    for rule in reversed(rules_of(network)):
        place = ChainPlace(backend, "inet", rule.table, rule.chain)
        own = chains.get(place) or LiveChain(place)
        if not rule.dhcp_only:
            chains = chains.put(LiveChain(place, own.policy, (rule.text(), *own.rules)))
    return chains


def _with_jump(chains: Chains, place: ChainPlace, name: str) -> Chains:
    parent = chains.get(place)
    own = ChainPlace(place.backend, place.family, place.table, name)
    chains = chains if chains.get(own) else chains.put(LiveChain(own))
    jump = f"-A {place.chain} -j {name}"
    if parent is None or jump in parent.rules:
        return chains
    return chains.put(LiveChain(place, parent.policy, (jump, *parent.rules)))


def is_libvirts(rule: str) -> bool:
    """Whether a rule stands in a chain of libvirt's own, or leads to one."""
    return rule.split()[1].startswith(LIBVIRT_CHAIN) or f" -j {LIBVIRT_CHAIN}" in rule
