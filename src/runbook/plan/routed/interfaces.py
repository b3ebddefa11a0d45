"""The NIC's stanzas in /etc/network/interfaces become ``inet manual``.

Left as it is, the next boot or restart of networking would put the address
back on the NIC, beside the one on the bridge.

No stanza stays ``inet6 manual``. `ifdown -a`, and so a restart of networking, sets the link of
such a stanza down, and a port of a bridge with spanning tree then waits 4 s. The link of an
``inet manual`` stanza stays up (ifupdown 0.8.36 to 0.8.44).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from runbook.common import shell_pattern
from runbook.common.errors import Refused
from runbook.common.redact import REDACTED
from runbook.plan.changes.files import EditLines
from runbook.plan.changes.steps import LineEdit
from runbook.state import units
from runbook.state.files import FileRow, contents
from runbook.state.snapshot import Snapshot
from runbook.state.syntax.ifupdown import (
    INTERFACES,
    Stanza,
    is_comment,
    parse,
    reached,
    stanzas,
    words,
)
from runbook.state.units import UnitRow

# Options of interfaces(5) that say which address the interface gets.
ADDRESSING = frozenset(
    {
        *("address", "netmask", "network", "broadcast", "gateway", "metric", "pointopoint"),
        *("scope", "hostname", "leasehours", "leasetime", "vendor", "client", "request"),
        *("accept_ra", "autoconf", "privext", "preferred-lifetime", "dad-attempts"),
        *("dad-interval", "dhcp", "request_prefix", "ll-attempts", "ll-interval"),
    }
)
CARRIED6 = ("static", "auto", "manual")
FOLDER = "/etc/network/"
HOOKS = frozenset({"up", "post-up", "pre-up", "down", "pre-down", "post-down"})
_ROUTE = re.compile(r"\b(ip (-\w+ )*r(oute)?|route) (add|replace|append|change|del)\b")
# cloud-init's own words at the head of what it writes.
WRITTEN_ANEW = "will not persist across an instance reboot"


def nic_stanza(nic: str, snapshot: Snapshot) -> Stanza:
    """The one ``iface NIC inet`` stanza; raises Refused if there is not exactly one."""
    found = [
        s
        for s in stanzas(contents(snapshot.rows(FileRow)))
        if s.kind == "iface" and s.name == nic and s.family == "inet"
    ]
    if len(found) == 1:
        _refuse_unless_lasting(found[0], snapshot)
        return found[0]
    shown, then = _configured_by(nic, snapshot)
    raise Refused(
        f"ifupdown has {len(found)} stanzas `iface {nic} inet`, and the change needs one{shown}",
        host=snapshot.host,
        then=then,
    )


def _configured_by(nic: str, snapshot: Snapshot) -> tuple[str, str]:
    """What configures the NIC instead, where this can be told, and what to do about it."""
    every = stanzas(contents(snapshot.rows(FileRow)))
    mappings = [s for s in every if s.kind == "mapping" and nic in s.name.split()]
    if mappings:
        shown = f"; a script decides by `mapping {mappings[0].name}` in {mappings[0].path}"
        return shown, f"take the mapping out, and write one stanza `iface {nic} inet` in its place"
    if logical := _logical(nic, every):
        stanza, word = logical
        shown = f"; `{stanza.kind} {word}` in {stanza.path} gives it a stanza of another name"
        return shown, f"call the stanza `iface {nic} inet`, and write `{stanza.kind} {nic}`"
    if unread := _unread(nic, snapshot):
        shown = f"; {unread} has one, and ifupdown does not read that file"
        return shown, f"`source` it in {INTERFACES}; then `ifquery {nic}` shows the stanza"
    on = [
        row.name
        for row in snapshot.rows(UnitRow)
        if row.state.startswith("enabled") and row.name in units.MANAGERS
    ]
    if on:
        shown = f"; {', '.join(on)} is enabled and may configure {nic}"
        then = (
            "runbook changes hosts whose NIC ifupdown configures, and no others; two managers of"
            " one NIC overwrite each other, so do not add a stanza while the other is enabled"
        )
        return shown, then
    then = "configure the NIC in one stanza of /etc/network/interfaces, or of a file it sources"
    return "", then


def _logical(nic: str, every: tuple[Stanza, ...]) -> tuple[Stanza, str] | None:
    """The stanza that has ifupdown take another name for the NIC (`auto eth0=home`), and the word.

    A mapping is another way to the same.
    """
    starts = (s for s in every if s.kind == "auto" or s.kind.startswith("allow-"))
    named = ((s, word) for s in starts for word in words(s.name) if "=" in word)
    return next(
        ((s, w) for s, w in named if shell_pattern.matches(nic, w.partition("=")[0].strip("/"))),
        None,
    )


def _unread(nic: str, snapshot: Snapshot) -> str:
    """A file with a stanza of the NIC that ifupdown does not come to; '' if there is none."""
    texts = contents(snapshot.rows(FileRow))
    others = (path for path in texts if path.startswith(FOLDER) and path not in reached(texts))
    return next(
        (
            path
            for path in others
            if any((s.kind, s.name) == ("iface", nic) for s in parse(path, texts[path]))
        ),
        "",
    )


def _refuse_unless_lasting(stanza: Stanza, snapshot: Snapshot) -> None:
    """Refuse a file that something else writes at boot: the address would be back on the NIC."""
    if stanza.path.startswith("/run/"):
        raise Refused(
            f"{stanza.name}'s stanza is in {stanza.path}, which is made anew at each boot",
            host=snapshot.host,
            then=f"write a stanza for {stanza.name} into /etc/network/interfaces in its place",
        )
    if WRITTEN_ANEW in _file(stanza.path, snapshot).content:
        raise Refused(
            f"{stanza.path} says that it {WRITTEN_ANEW}: cloud-init may write it anew at a boot",
            host=snapshot.host,
            then="have cloud-init leave the network alone (`network: {config: disabled}` in a file"
            " of /etc/cloud/cloud.cfg.d), then take those words out of the file",
        )


def _file(path: str, snapshot: Snapshot) -> FileRow:
    (file,) = (row for row in snapshot.rows(FileRow) if row.path == path)
    return file


def nic_stanzas6(nic: str, snapshot: Snapshot) -> tuple[Stanza, ...]:
    """Every ``iface NIC inet6`` stanza; raises Refused for a method that is not carried over."""
    found = tuple(
        s
        for s in stanzas(contents(snapshot.rows(FileRow)))
        if s.kind == "iface" and s.name == nic and s.family == "inet6"
    )
    for stanza in found:
        _refuse_unless_lasting(stanza, snapshot)
        if stanza.method not in CARRIED6:
            raise Refused(
                f"{stanza.path} has `iface {nic} inet6 {stanza.method}`, which is not carried over",
                host=snapshot.host,
                then=f"use one of: {', '.join(CARRIED6)}",
            )
    return found


def manual_stanza(nic: str, snapshot: Snapshot) -> Iterator[EditLines]:
    """One edit for each file with a stanza of the NIC that is not ``inet manual`` yet."""
    every = (nic_stanza(nic, snapshot), *nic_stanzas6(nic, snapshot))
    wanted = [s for s in every if (s.family, s.method) != ("inet", "manual")]
    for path in dict.fromkeys(stanza.path for stanza in wanted):
        yield _edit(
            path, sorted((s for s in wanted if s.path == path), key=lambda s: s.first), snapshot
        )


def _edit(path: str, wanted: list[Stanza], snapshot: Snapshot) -> EditLines:
    file = _file(path, snapshot)
    content = file.content.split("\n")
    edits, shown = [], ""
    for stanza in wanted:
        lines = content[stanza.first - 1 : stanza.last]
        kept = "".join(f"{line}\n" for line in _kept(lines, stanza, snapshot))
        shown += "".join(f"{line}\n" for line in lines)
        edits.append(LineEdit(stanza.first, stanza.last, kept))
    purpose = f"leave {wanted[0].name} without an address of its own"
    return EditLines(path, file.sha256, tuple(edits), shown, purpose)


def _kept(lines: list[str], stanza: Stanza, snapshot: Snapshot) -> Iterator[str]:
    end = "\r" if lines[0].endswith("\r") else ""
    options = tuple(_options(lines, stanza, snapshot))
    # Without options it would say what the NIC's other stanza says already.
    needed = stanza.family == "inet" or any(words(ln) and not is_comment(ln) for ln in options)
    if needed:
        yield f"iface {stanza.name} inet manual{end}"
    yield from options


def _options(lines: list[str], stanza: Stanza, snapshot: Snapshot) -> Iterator[str]:
    """What stays of the lines below the stanza's first."""
    manual = stanza.method == "manual"
    if not manual:
        _refuse_hooks(lines, stanza, snapshot)
    dropping = True
    continued = lines[0].endswith("\\")
    for line in lines[1:]:
        # A comment goes on only as part of a line that began before it.
        comment = is_comment(line) and not continued
        if not continued:
            dropping = not manual and _dropped(line, stanza, snapshot)
        continued = line.endswith("\\") and not comment
        if not dropping:
            yield line


def refuse_commands(nic: str, snapshot: Snapshot) -> None:
    """Refuse commands in the NIC's IPv4 stanzas."""
    for stanza in stanzas(contents(snapshot.rows(FileRow))):
        if (stanza.kind, stanza.name, stanza.family) == ("iface", nic, "inet"):
            lines = _file(stanza.path, snapshot).content.split("\n")
            _refuse_hooks(lines[stanza.first - 1 : stanza.last], stanza, snapshot)


def _refuse_hooks(lines: list[str], stanza: Stanza, snapshot: Snapshot) -> None:
    """Refuse commands of the stanza, all at once, with what to do about each kind."""
    hooks = [line.strip() for line in lines if (words(line) or ("",))[0] in HOOKS]
    if not hooks:
        return
    routes = [line for line in hooks if _ROUTE.search(line)]
    advice = []
    if routes:
        advice.append(
            "take the lines with `ip route` or `route` out: the live routes stay, the change"
            " carries them over, and they come back at each boot"
        )
    if len(routes) < len(hooks):
        advice.append(
            f"move the other commands to a script or a unit that needs no address on {stanza.name}"
        )
    raise Refused(
        f"{stanza.path} has commands in the stanza of {stanza.name} that cannot be carried over: "
        + "; ".join(hooks),
        host=snapshot.host,
        then="; ".join(advice),
    )


def _dropped(line: str, stanza: Stanza, snapshot: Snapshot) -> bool:
    if REDACTED in line:
        raise Refused(
            f"{stanza.path} has a line in the stanza of {stanza.name} with a secret in it, so it"
            f" cannot be written back: {line.strip()}",
            host=snapshot.host,
            then="take the secret out of the stanza, or the whole line",
        )
    return (words(line) or ("",))[0] in ADDRESSING
