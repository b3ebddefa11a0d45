"""What ifupdown brings up at a boot, a stanza at a time."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.common import shell_pattern
from runbook.plan.forecast.boot_effect import BootEffect
from runbook.plan.forecast.stanza_effects import wrong_of
from runbook.plan.promise.host import Promise
from runbook.state.files import FileRow, contents
from runbook.state.links import MADE_AT_BOOT, LinkRow
from runbook.state.snapshot import Snapshot
from runbook.state.syntax.ifupdown import Stanza, physical, stanzas


def brought_up_stanzas(promise: Promise, snapshot: Snapshot) -> Iterator[BootEffect]:
    """Each stanza that a boot brings up, and whether it leaves NIC and bridge alone."""
    every = stanzas(contents(snapshot.rows(FileRow)))
    yield from _made(promise, snapshot, every)
    for stanza in every:
        if stanza.kind == "iface" and starts_at_boot(stanza.name, every):
            yield _brought_up(stanza, promise)
        elif stanza.kind == "mapping" and _matches(promise.nic, stanza):
            does = f"a script decides what {promise.nic} is"
            then = f"take the mapping out of {stanza.path}"
            yield BootEffect(
                f"mapping {stanza.name}", stanza.path, "none", does, kept=False, then=then
            )


def _made(promise: Promise, snapshot: Snapshot, every: tuple[Stanza, ...]) -> Iterator[BootEffect]:
    """A bond or a VLAN interface is there only if ifupdown is told to make it."""
    link = snapshot.find(LinkRow, promise.nic)
    if link and link.kind in MADE_AT_BOOT and not starts_at_boot(promise.nic, every):
        nic, then = promise.nic, f"write `auto {promise.nic}` before its stanza"
        does = f"nothing makes {nic}: no `auto` and no `allow-hotplug` names it"
        yield BootEffect(f"ifup {nic}", "ifupdown", f"a {link.kind}", does, kept=False, then=then)


def starts_at_boot(name: str, every: tuple[Stanza, ...]) -> bool:
    """Whether an `auto` or `allow-` line names the interface."""
    starts = (s for s in every if s.kind == "auto" or s.kind.startswith("allow-"))
    return any(_matches(name, stanza) for stanza in starts)


def _matches(name: str, stanza: Stanza) -> bool:
    return any(shell_pattern.matches(name, pattern.lstrip("/")) for pattern in stanza.name.split())


def _brought_up(stanza: Stanza, promise: Promise) -> BootEffect:
    wrong = wrong_of(stanza, promise)
    address = dict(stanza.options).get("address", "")
    does = " ".join(word for word in (stanza.family, stanza.method, address) if word)
    of_nic = physical(stanza.name) in (promise.nic, promise.holder)
    wanted = f"{stanza.family} manual" if of_nic else "nothing of the kind"
    if of_nic and stanza.method == "manual":
        wanted = "part of nothing but the bridge"
    then = f"{wrong}: take that out of {stanza.path} (line {stanza.first} and below)"
    what = f"ifup {stanza.name}"
    return BootEffect(what, stanza.path, wanted if wrong else does, does, not wrong, then)
