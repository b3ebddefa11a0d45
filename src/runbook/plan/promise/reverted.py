"""The end state of a revert: the rows that the confirmed change altered are as before it.

What else was altered on the host since then stays. Both are in the plan, row by row, so the host
alone is enough to verify a revert.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Interface

from runbook.plan.promise.attached import AttachedPromise
from runbook.plan.promise.check import Check
from runbook.plan.promise.host import Promise
from runbook.plan.promise.subject import SubjectKind
from runbook.state.row_texts import row_texts
from runbook.state.snapshot import Snapshot

NONE = "none"
# The consent to what a revert takes away with the bridge, or overwrites.
LOSES = "revert-loses"


@dataclass(frozen=True, slots=True)
class ExpectedRow:
    """One row of the state and its cells; '' where there is to be no such row.

    A row that is not `required` is shown and decides nothing: a DHCP client waits for its lease.
    """

    table: str
    key: str
    cells: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class RevertPromise:
    """Change `change_id` taken back. `changed` is what that change had promised.

    `rows` are as before the change, `kept` as somebody made them since. `lost` and `replaced` say
    what goes with the bridge or is overwritten, a line each; `copied` are files of which a copy
    is kept.
    """

    change_id: str
    changed: Promise
    mac: str
    rows: tuple[ExpectedRow, ...]
    kept: tuple[ExpectedRow, ...] = ()
    lost: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    copied: tuple[str, ...] = ()

    @property
    def subject(self) -> SubjectKind:
        """The host."""
        return SubjectKind.HOST

    @property
    def nic(self) -> str:
        """The interface that gets the address back."""
        return self.changed.nic

    @property
    def bridge(self) -> str:
        """The bridge that gives the address away."""
        return self.changed.bridge

    @property
    def address(self) -> IPv4Interface:
        """The host's address."""
        return self.changed.address

    @property
    def attached(self) -> bool:
        """Whether the confirmed change only added a libvirt network, so that no address moves."""
        return isinstance(self.changed, AttachedPromise)

    @property
    def announcements(self) -> tuple[tuple[str, str], ...]:
        """What the undo of the revert announces: the addresses on the bridge."""
        if self.attached:
            return ()
        return tuple((self.bridge, address) for address in self.changed.announced)

    @property
    def purpose(self) -> tuple[str, ...]:
        """What the change is for, in lines; a script on the host looks for the first."""
        return (taken_back(self.change_id), f"That change had a purpose: {self.changed.end_state}.")

    @property
    def move(self) -> str:
        """What is moved, from where and to where, in a few words."""
        if self.attached:
            return f"change {self.change_id} taken back: no network {self.changed.network}"
        back = f"{self.address} from {self.bridge} back onto {self.nic}"
        return f"change {self.change_id} taken back: {back}"

    @property
    def end_state(self) -> str:
        """The end state in a sentence."""
        return f"change {self.change_id} is taken back"

    def checks(self, snapshot: Snapshot) -> tuple[Check, ...]:
        """One check a row, those of the confirmed change first."""
        return tuple(self._checks(snapshot))

    def _checks(self, snapshot: Snapshot) -> Iterator[Check]:
        there = row_texts(snapshot)
        for row in (*self.rows, *self.kept):
            cells = there.get((row.table, row.key), "")
            kept = cells == row.cells
            about = f"{row.table}: {row.key}"
            yield Check(about, row.cells or NONE, cells or NONE, kept, row.required)


def taken_back(change_id: str) -> str:
    """The line of an undo script by which a revert of this change is known."""
    return f"The change takes change {change_id} back."
