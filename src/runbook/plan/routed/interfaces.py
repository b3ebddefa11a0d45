"""The NIC's stanzas in /etc/network/interfaces become ``inet manual``.

Left as it is, the next boot or restart of networking would put the address
back on the NIC, beside the one on the bridge.

No stanza stays ``inet6 manual``. `ifdown -a`, and so a restart of networking, sets the link of
such a stanza down, and a port of a bridge with spanning tree then waits 4 s. The link of an
``inet manual`` stanza stays up (ifupdown 0.8.36 to 0.8.44).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_interface

from runbook.common.errors import Refused
from runbook.common.redact import REDACTED
from runbook.plan.changes.file_steps import LineEdit
from runbook.plan.changes.files import EditLines
from runbook.plan.routed.no_stanza import configured_by
from runbook.plan.routed.stanza_commands import is_carried
from runbook.plan.routed.stanza_refusals import refuse_hooks, refuse_inherited
from runbook.state.addresses import AddressRow
from runbook.state.files import FileRow, contents
from runbook.state.snapshot import Snapshot
from runbook.state.syntax.ifupdown import (
    Stanza,
    is_comment,
    physical,
    stanzas,
    words,
)

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
# The ports of an adopted bridge; with "none" ifupdown makes it without any.
PORTS = ("bridge_ports", "bridge-ports")
NO_PORTS = "    bridge_ports none"


def nic_stanzas(nic: str, snapshot: Snapshot) -> tuple[Stanza, ...]:
    """Every ``iface NIC inet`` and ``iface NIC:LABEL inet``; raises Refused if there is none.

    ifupdown brings up all of one name, one after the other.
    """
    refuse_inherited(nic, snapshot)
    found = _stanzas(nic, "inet", snapshot)
    if any(stanza.name == nic for stanza in found):
        for stanza in found:
            _refuse_unless_lasting(stanza, snapshot)
            _refuse_unless_live(stanza, snapshot)
        return found
    shown, then = configured_by(nic, snapshot)
    raise Refused(
        f"ifupdown has no stanza `iface {nic} inet`, and the change needs one{shown}",
        host=snapshot.host,
        then=then,
    )


def _stanzas(nic: str, family: str, snapshot: Snapshot) -> tuple[Stanza, ...]:
    """Those of the NIC and of its labels, of one family."""
    return tuple(
        s
        for s in stanzas(contents(snapshot.rows(FileRow)))
        if (s.kind, physical(s.name), s.family) == ("iface", nic, family)
    )


def _refuse_unless_lasting(stanza: Stanza, snapshot: Snapshot) -> None:
    """Refuse a file that something else writes at boot: the address would be back on the NIC."""
    if stanza.path.startswith("/run/"):
        raise Refused(
            f"{stanza.name}'s stanza is in {stanza.path}, which is made anew at each boot",
            host=snapshot.host,
            then=f"write a stanza for {stanza.name} into /etc/network/interfaces in its place",
        )


def _refuse_unless_live(stanza: Stanza, snapshot: Snapshot) -> None:
    """Refuse a stanza whose address the NIC does not hold: the change carries what it holds."""
    try:
        address = str(ip_interface(dict(stanza.options).get("address", "")).ip)
    except ValueError:
        return
    nic = physical(stanza.name)
    rows = snapshot.rows(AddressRow)
    if stanza.method == "static" and not any(
        (row.ifname, row.address) == (nic, address) for row in rows
    ):
        raise Refused(
            f"{stanza.path}:{stanza.first}: `iface {stanza.name} {stanza.family} static` gives"
            f" {address}, and {nic} does not hold it",
            host=snapshot.host,
            then=f"give it to {nic} now (ifup {stanza.name}), or take the stanza out; the change"
            " carries the addresses that the NIC holds",
        )


def _file(path: str, snapshot: Snapshot) -> FileRow:
    (file,) = (row for row in snapshot.rows(FileRow) if row.path == path)
    return file


def _lines(stanza: Stanza, snapshot: Snapshot) -> list[str]:
    lines = _file(stanza.path, snapshot).content.split("\n")
    return lines[stanza.first - 1 : stanza.last]


def nic_stanzas6(nic: str, snapshot: Snapshot) -> tuple[Stanza, ...]:
    """Every ``iface NIC inet6`` stanza; raises Refused for a method that is not carried over."""
    found = _stanzas(nic, "inet6", snapshot)
    for stanza in found:
        _refuse_unless_lasting(stanza, snapshot)
        if stanza.method not in CARRIED6:
            raise Refused(
                f"{stanza.path} has `iface {stanza.name} inet6 {stanza.method}`,"
                " which is not carried over",
                host=snapshot.host,
                then=f"use one of: {', '.join(CARRIED6)}",
            )
    return found


def manual_stanza(
    nic: str, snapshot: Snapshot, rejoin: str = "", port: str = ""
) -> Iterator[EditLines]:
    """One edit for each file with a stanza of the NIC that is not ``inet manual`` yet.

    `rejoin` is a line for the first stanza of the bridge's port: of the NIC, or of `port` if that
    is another interface. A stanza that has the line stays as it is.
    """
    own = (*nic_stanzas(nic, snapshot), *nic_stanzas6(nic, snapshot))
    every = (*own, *(_port_stanzas(port, snapshot) if rejoin and port not in ("", nic) else ()))
    # ifupdown knows a name by any one of its stanzas.
    first = {s.name: s for s in reversed(every) if s.family == "inet"}
    joins = first.get(port or nic) if rejoin else None
    if joins and rejoin in map(" ".join, joins.options):
        joins = None
    for stanza in own:
        refuse_hooks(_lines(stanza, snapshot), stanza, snapshot, rejoin)
    wanted = [s for s in every if s == joins or (s in own and _acts(s, snapshot))]
    for path in dict.fromkeys(stanza.path for stanza in wanted):
        yield _edit(
            path,
            sorted((s for s in wanted if s.path == path), key=lambda s: s.first),
            _Added(tuple(first.values()), joins, rejoin),
            snapshot,
        )


def _port_stanzas(port: str, snapshot: Snapshot) -> tuple[Stanza, ...]:
    """Those of a bridge's port, which gives itself no address."""
    found = tuple(s for s in _stanzas(port, "inet", snapshot) if s.name == port)
    for stanza in found:
        _refuse_unless_lasting(stanza, snapshot)
        if stanza.method != "manual":
            raise Refused(
                f"{stanza.path}:{stanza.first}: `iface {port} inet {stanza.method}`, and {port} is"
                " a port of a bridge",
                host=snapshot.host,
                then=f"write `iface {port} inet manual` in its place",
            )
    return found


@dataclass(frozen=True, slots=True)
class _Added:
    """The first stanza of each name, which stays, and the one that gets a line."""

    first: tuple[Stanza, ...]
    joins: Stanza | None
    line: str


def _acts(stanza: Stanza, snapshot: Snapshot) -> bool:
    """Whether it gives the NIC something, be it by a command alone."""
    if (stanza.family, stanza.method) != ("inet", "manual"):
        return True
    if any(word in PORTS and value != "none" for word, value in stanza.options):
        return True
    return any(
        is_carried(line, physical(stanza.name), snapshot) for line in _lines(stanza, snapshot)
    )


def _edit(path: str, stanzas: list[Stanza], added: _Added, snapshot: Snapshot) -> EditLines:
    file = _file(path, snapshot)
    content = file.content.split("\n")
    edits, shown = [], ""
    for stanza in stanzas:
        lines = content[stanza.first - 1 : stanza.last]
        kept = "".join(f"{line}\n" for line in _kept(lines, stanza, snapshot, added))
        shown += "".join(f"{line}\n" for line in lines)
        edits.append(LineEdit(stanza.first, stanza.last, kept))
    purpose = f"leave {stanzas[0].name} without an address of its own"
    return EditLines(path, file.sha256, tuple(edits), shown, purpose)


def _kept(lines: list[str], stanza: Stanza, snapshot: Snapshot, added: _Added) -> Iterator[str]:
    end = "\r" if lines[0].endswith("\r") else ""
    options = tuple(_options(lines, stanza, snapshot))
    # Without options it would say what another stanza of the name says already.
    if stanza in added.first or any(words(ln) and not is_comment(ln) for ln in options):
        yield f"iface {stanza.name} inet manual{end}"
    if stanza == added.joins:
        yield f"    {added.line}{end}"
    yield from options


def _options(lines: list[str], stanza: Stanza, snapshot: Snapshot) -> Iterator[str]:
    """What stays of the lines below the stanza's first."""
    dropping = True
    continued = lines[0].endswith("\\")
    for line in lines[1:]:
        # A comment goes on only as part of a line that began before it.
        comment = is_comment(line) and not continued
        if not continued:
            ports = (words(line) or ("",))[0] in PORTS
            if ports:
                yield NO_PORTS + ("\r" if line.endswith("\r") else "")
            dropping = ports or _dropped(line, stanza, snapshot)
        continued = line.endswith("\\") and not comment
        if not dropping:
            yield line


def refuse_commands(nic: str, snapshot: Snapshot) -> None:
    """Refuse commands in the NIC's IPv4 stanzas."""
    for stanza in _stanzas(nic, "inet", snapshot):
        refuse_hooks(_lines(stanza, snapshot), stanza, snapshot)


def _dropped(line: str, stanza: Stanza, snapshot: Snapshot) -> bool:
    if REDACTED in line:
        raise Refused(
            f"{stanza.path} has a line in the stanza of {stanza.name} with a secret in it, so it"
            f" cannot be written back: {line.strip()}",
            host=snapshot.host,
            then="take the secret out of the stanza, or the whole line",
        )
    word = (words(line) or ("",))[0]
    addressing = stanza.method != "manual" and word in ADDRESSING
    return addressing or is_carried(line, physical(stanza.name), snapshot)
