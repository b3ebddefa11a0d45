"""What the confirmed change altered, and what somebody has altered since. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from runbook.plan.promise.host import Promise
from runbook.plan.promise.reverted import ExpectedRow
from runbook.plan.revert.recorded import RecordedChange
from runbook.state import port_ipv6
from runbook.state.diff import compare
from runbook.state.kernel_modules import BROUGHT
from runbook.state.networks import NetworkRow
from runbook.state.row_texts import RowTexts, row_texts
from runbook.state.snapshot import Snapshot
from runbook.state.tap_names import named_as

# These come with what a guest or a DHCP server does, so nothing is promised of them.
_BY_THEMSELVES = ("leases", "units", "bridge_ports")
_FILES = "files"
Key = tuple[str, str]
_OF_MODULES = frozenset(name for brought in BROUGHT.values() for name in brought)
_FORWARD: Key = ("sysctl", "net.ipv4.ip_forward")


@dataclass(frozen=True, slots=True)
class Drift:
    """The rows of a host that the change altered, and those that were altered since.

    `before`, `after` and `now` are all rows of these three states. `others_active`: another
    libvirt network runs.
    """

    touched: frozenset[Key]
    since: frozenset[Key]
    before: RowTexts
    after: RowTexts
    now: RowTexts
    bridge: str
    others_active: bool = False

    def rows(self, merged: RowTexts) -> tuple[ExpectedRow, ...]:
        """The rows that are to be as before; of a file that keeps what was added, as `merged`."""
        return tuple(
            ExpectedRow(
                *key,
                merged.get(key, self.before.get(key, "")),
                required=not (
                    key[0] in _BY_THEMSELVES or self._is_default(key) or self._is_of_libvirt(key)
                ),
            )
            for key in sorted(self.touched)
        )

    def _is_default(self, key: Key) -> bool:
        """Whether it is the policy that a chain has by itself, as soon as somebody has a rule."""
        accepts = key[0] == "firewall" and " -P " in key[1] and " ACCEPT" in key[1]
        return accepts and not self.before.get(key)

    def _is_of_libvirt(self, key: Key) -> bool:
        """Whether libvirt makes it anew for a network that is active beside the change's own."""
        rules = key[0] in ("firewall", "nftables") and "libvirt" in key[1].lower()
        return rules and self.others_active

    def kept(self) -> tuple[ExpectedRow, ...]:
        """The rows that were altered since and have nothing to do with the change."""
        return tuple(
            ExpectedRow(*key, self.now.get(key, ""), required=_stays_by_itself(key))
            for key in sorted(self.since - self.touched)
            if key[0] not in _BY_THEMSELVES and not self._on_the_bridge(key)
        )

    def lost(self) -> tuple[str, ...]:
        """What was added on the bridge since, and goes with it."""
        return tuple(
            f"{table}: {key} {self.now[table, key]}"
            for table, key in sorted(self.since - self.touched)
            if self._on_the_bridge((table, key)) and self.now.get((table, key))
        )

    def _forwarding(self) -> Iterator[str]:
        """A bridge that came since, as Docker's, forwards only while the host does."""
        if self.before.get(_FORWARD) == self.now.get(_FORWARD) or _FORWARD not in self.touched:
            return
        others = (key for table, key in self.since - self.touched if table == "links")
        came = [
            name for name in sorted(others) if "kind=bridge" in self.now.get(("links", name), "")
        ]
        if came:
            yield f"{_FORWARD[1]} goes off, and {', '.join(came)} came since and may need it"

    def replaced(self) -> tuple[str, ...]:
        """What the change altered, somebody altered again, and the revert overwrites.

        A row that is as before the change already loses nothing.
        """
        return (*self._replaced(), *self._forwarding())

    def _replaced(self) -> Iterator[str]:
        for table, key in sorted(self.touched & self.since):
            was, now = (state.get((table, key), "") for state in (self.before, self.now))
            if table not in (_FILES, *_BY_THEMSELVES) and now not in (was, ""):
                yield f"{table}: {key} is {now}; becomes {was or 'nothing'}"

    def _on_the_bridge(self, key: Key) -> bool:
        cells = self.now.get(key) or self.after.get(key, "")
        words = f"{key[1]} {cells}".replace("=", " ").replace(".", " ").split()
        return key[0] != _FILES and self.bridge in words and _is_of_a_device(key[0])


def _stays_by_itself(key: Key) -> bool:
    """Whether only a person alters it: containers, bans and modules come and go meanwhile."""
    table, name = key
    if table == _FORWARD[0]:
        return ".conf." not in name and name not in _OF_MODULES
    return table in (_FILES, "addresses", "routes", "rules", "networks")


def _is_of_a_device(table: str) -> bool:
    """Whether the kernel takes such a row away with its interface."""
    return table in ("routes", "addresses", "links", "bridge_ports", "sysctl")


def between(change: RecordedChange, now: Snapshot, changed: Promise) -> Drift:
    """Compare the state now with the record."""
    here = named_as(change.after, now)
    touched = _keys(change.before, named_as(change.before, change.after))
    ports = port_ipv6.ports(change.after) & port_ipv6.ports(now)
    return Drift(
        touched,
        frozenset(
            key
            for key in _keys(change.after, here)
            if key in touched or not port_ipv6.is_unused(*key, ports)
        ),
        row_texts(change.before),
        row_texts(change.after),
        row_texts(here),
        changed.bridge,
        any(row.active and row.name != changed.network for row in now.rows(NetworkRow)),
    )


def _keys(earlier: Snapshot, later: Snapshot) -> frozenset[Key]:
    """The rows that differ, as `row_texts` names them: an order alone is no such row."""
    told = {*row_texts(earlier), *row_texts(later)}
    rows = compare(earlier, later).found
    return frozenset((str(row.table), str(row.key)) for row in rows) & told
