"""Adds rules, jumps and policies; existing rules are neither flushed nor reloaded.

The rules go in through `iptables-restore --noflush`, all or none of a table;
libvirt's own rules, and everybody else's, stay where they are. The programs are
the host's plain `iptables` and `ip6tables`, whichever backend they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from runbook.common import octets
from runbook.plan.changes.firewall import LOCK_WAIT_S
from runbook.plan.changes.steps import Command, Step
from runbook.state.syntax.iptables_save import words

PLAIN = {"inet": "iptables", "inet6": "ip6tables"}


def _argv(family: str, table: str, *rest: str) -> tuple[str, ...]:
    return (PLAIN[family], "-w", LOCK_WAIT_S, "-t", table, *rest)


@dataclass(frozen=True, slots=True)
class InTable:
    """A chain by its name, or a rule from `-A` on, and the table that it is in."""

    table: str
    text: str


@dataclass(frozen=True, slots=True)
class AddRules:
    """Create missing chains, and append rules to their chains, in order."""

    family: str
    chains: tuple[InTable, ...]
    rules: tuple[InTable, ...]
    title: str

    phase = "settle"

    @property
    def before(self) -> str:
        return "none of these rules"

    @property
    def after(self) -> str:
        return "\n".join(f"{rule.table}: {rule.text}" for rule in self.rules)

    def do(self) -> tuple[Step, ...]:
        argv = (f"{PLAIN[self.family]}-restore", f"--wait={LOCK_WAIT_S}", "--noflush")
        return (Command(argv, octets.bytes_of("".join(self._text()))),)

    def _text(self) -> Iterator[str]:
        both = [
            *((c, f":{c.text} - [0:0]") for c in self.chains),
            *((r, r.text) for r in self.rules),
        ]
        for table, lines in groupby(sorted(both, key=_table), key=_table):
            yield f"*{table}\n"
            yield from (f"{line}\n" for _, line in lines)
            yield "COMMIT\n"

    def undo(self) -> tuple[Step, ...]:
        """Each rule by its content, last first; then the chains, emptied before they go."""
        own = {(chain.table, chain.text) for chain in self.chains}
        placed = [r for r in reversed(self.rules) if (r.table, words(r.text)[1]) not in own]
        rules = [_argv(self.family, r.table, "-D", *words(r.text)[1:]) for r in placed]
        empty = [_argv(self.family, c.table, "-F", c.text) for c in self.chains]
        away = [_argv(self.family, c.table, "-X", c.text) for c in self.chains]
        return tuple(Command(argv) for argv in (*rules, *empty, *away))


def _table(pair: tuple[InTable, str]) -> str:
    return pair[0].table


@dataclass(frozen=True, slots=True)
class JumpFirst:
    """A jump at the head of a built-in chain of the filter table."""

    family: str
    parent: str
    chain: str

    phase = "settle"
    title = "ask the own chain first"

    @property
    def before(self) -> str:
        return "no jump"

    @property
    def after(self) -> str:
        return f"-A {self.parent} -j {self.chain}"

    def do(self) -> tuple[Step, ...]:
        """The jump becomes the first rule."""
        jump = ("-I", self.parent, "1", "-j", self.chain)
        return (Command(_argv(self.family, "filter", *jump)),)

    def undo(self) -> tuple[Step, ...]:
        return (Command(_argv(self.family, "filter", "-D", self.parent, "-j", self.chain)),)


@dataclass(frozen=True, slots=True)
class SetPolicy:
    """What becomes of a packet that no rule of a built-in chain decides on."""

    family: str
    table: str
    chain: str
    policy: str
    policy_before: str

    phase = "settle"
    title = "set the policy"

    @property
    def before(self) -> str:
        return f"{PLAIN[self.family]} {self.table}: -P {self.chain} {self.policy_before}"

    @property
    def after(self) -> str:
        return f"{PLAIN[self.family]} {self.table}: -P {self.chain} {self.policy}"

    def do(self) -> tuple[Step, ...]:
        return (Command(_argv(self.family, self.table, "-P", self.chain, self.policy)),)

    def undo(self) -> tuple[Step, ...]:
        return (Command(_argv(self.family, self.table, "-P", self.chain, self.policy_before)),)
