"""Firewall rules bound to the NIC's name get a twin bound to the bridge's."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.plan.changes.steps import Command, Step
from runbook.state.syntax.iptables_save import words

PROGRAMS = {
    ("nft", "inet"): "iptables-nft",
    ("nft", "inet6"): "ip6tables-nft",
    ("legacy", "inet"): "iptables-legacy",
    ("legacy", "inet6"): "ip6tables-legacy",
}
LOCK_WAIT_S = "5"


@dataclass(frozen=True, slots=True)
class TwinRule:
    """One more rule, right below the one it repeats, for the bridge.

    Without it, a rule such as `-i enp4s0f0 --dport 22 -j ACCEPT` stops
    matching when the address moves, and cuts the operator off.
    """

    backend: str
    family: str
    table: str
    chain: str
    position: int
    rule: str
    twin: str

    phase = "prepare"
    title = "admit on the bridge what the NIC admits"

    @property
    def before(self) -> str:
        return self.rule

    @property
    def after(self) -> str:
        return f"{self.rule}\n{self.twin}"

    def do(self) -> tuple[Step, ...]:
        return (Command(self._argv("-I", self.chain, str(self.position + 1))),)

    def undo(self) -> tuple[Step, ...]:
        """Delete by content, wherever it stands by then."""
        return (Command(self._argv("-D", self.chain)),)

    def _argv(self, *verb: str) -> tuple[str, ...]:
        specification = words(self.twin)[2:]
        program = PROGRAMS[self.backend, self.family]
        return (program, "-w", LOCK_WAIT_S, "-t", self.table, *verb, *specification)
