"""ifupdown in a guest: the NIC's one ``inet`` stanza becomes static. Pure.

Every other line stays as it is, byte for byte, and so do the stanza's lines that
are not about its address: name servers, MTU, comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from runbook.guest.configure import off_link
from runbook.guest.configure.guest_edit import Declined, DesiredNetwork, FileEdit, GuestEdit
from runbook.plan.routed.interfaces import ADDRESSING
from runbook.state.guest.files import InsideFile
from runbook.state.guest.inside import FOREIGN, Inside
from runbook.state.guest.secrets import without_arguments
from runbook.state.syntax import ifupdown
from runbook.state.syntax.ifupdown import HOOKS, Stanza

METHODS = ("dhcp", "static", "manual")
# A command that has to do with addresses may contradict the new one, or fail without the old.
_OF_ADDRESSES = re.compile(r"\d+\.\d+\.\d+\.\d+|\b(?:route|addr|address|dhclient|udhcpc|dhcpcd)\b")
_NAMES = ("dns-nameservers", "dns-nameserver")
_NOTHING = re.compile(r"\s*(?:#.*)?")


def edit(inside: Inside, desired: DesiredNetwork) -> GuestEdit | Declined:
    """The edit of the file that has the stanza, or why there is none."""
    contents = _contents(inside)
    declined = _unreadable(inside)
    if declined is not None:
        return declined
    declined = _misread(contents)
    if declined is not None:
        return declined
    read = [s for path in ifupdown.reached(contents) for s in ifupdown.parse(path, contents[path])]
    stanzas = [
        s for s in read if s.kind == "iface" and (s.name, s.family) == (inside.ifname, "inet")
    ]
    if len(stanzas) != 1:
        return Declined(
            f"ifupdown has {len(stanzas)} stanzas `iface {inside.ifname} inet` in the guest",
            "leave it one, in /etc/network/interfaces or a file that it takes in",
        )
    file = inside.file(stanzas[0].path)
    declined = _refusal(stanzas[0], read, inside, desired)
    if declined is not None or file is None:
        return declined or Declined(f"{stanzas[0].path} was not read", "look at it in the guest")
    return _edit(stanzas[0], file, read, inside, desired)


def _contents(inside: Inside) -> dict[str, str]:
    # One character a byte: what is no UTF-8 in a comment stays what it is.
    return {file.path: file.content.decode("latin-1") for file in inside.files}


def _unreadable(inside: Inside) -> Declined | None:
    # A file that ifupdown takes in may lie anywhere.
    secret = [path for path in inside.withheld if not path.startswith(FOREIGN)]
    if secret:
        return Declined(
            f"{secret[0]} holds a secret, or a word that names one, and would be in the record",
            "move it to a file of its own, which only root can read; a comment counts too",
        )
    return None


def _misread(contents: dict[str, str]) -> Declined | None:
    """A file that ifupdown takes otherwise than it stands."""
    for path in ifupdown.reached(contents):
        if "\0" in contents[path]:
            then = "take the byte out in the guest"
            return Declined(f"{path} has a NUL byte, and ifupdown reads on behind it", then)
        if line := ifupdown.misplaced(contents[path]):
            then = f"correct line {line} of it in the guest"
            return Declined(
                f"line {line} of {path} belongs to no stanza; ifupdown stops there", then
            )
    return None


def _refusal(
    stanza: Stanza, read: list[Stanza], inside: Inside, desired: DesiredNetwork
) -> Declined | None:
    where = f"the stanza of {stanza.name} in {stanza.path}"
    if stanza.method not in METHODS:
        return Declined(f"{where} is `{stanza.method}`", f"use one of: {', '.join(METHODS)}")
    hooks = [
        f"{w} {rest}"
        for w, rest in stanza.options
        if w in HOOKS and _OF_ADDRESSES.search(rest) and not off_link.is_of(f"{w} {rest}", desired)
    ]
    if hooks:
        return Declined(
            f"{where} has a command that has to do with addresses: {without_arguments(hooks[0])}",
            "move it to a place that does not depend on the address, or take it out",
        )
    if any(s.kind == "mapping" and inside.ifname in ifupdown.words(s.name) for s in read):
        return Declined(f"a `mapping` decides what {stanza.name} is", "take it out")
    gateways = {
        s.name for s in read if s.name != stanza.name for word, _ in s.options if word == "gateway"
    }
    if gateways:
        return Declined(
            f"another interface has a gateway: {', '.join(sorted(gateways))}",
            "a guest has one default route: take that line out in the guest",
        )
    return None


def _edit(
    stanza: Stanza, file: InsideFile, read: list[Stanza], inside: Inside, desired: DesiredNetwork
) -> GuestEdit | Declined:
    lines = file.content.decode("latin-1").split("\n")
    old = lines[stanza.first - 1 : stanza.last]
    if len(ifupdown.words(old[0])) != len(("iface", "eth0", "inet", "dhcp")) or old[0].endswith(
        "\\"
    ):
        return Declined(
            f"{stanza.path} has a first line of {stanza.name}'s stanza that is not plain: {old[0]}",
            "write it as `iface NAME inet METHOD`",
        )
    new = _static(old, stanza, desired)
    lines[stanza.first - 1 : stanza.last] = new
    after = "\n".join(lines).encode("latin-1")
    settled = _is_already(stanza, desired) and _nameservers_match(stanza, desired)
    same = settled or after == file.content
    edits = () if same else (FileEdit(file.path, file.content, after, file.mode),)
    name = inside.ifname
    return GuestEdit(
        "ifupdown",
        name,
        edits,
        down=(("ifdown", name), ("ip", "-4", "addr", "flush", "dev", name)),
        up=(("ifup", name),),
        notes=tuple(_notes(stanza, read, inside, desired)),
    )


def _is_already(stanza: Stanza, desired: DesiredNetwork) -> bool:
    options = {word: rest for word, rest in stanza.options if word in ADDRESSING}
    address = options.pop("address", "")
    whole = address if "/" in address else f"{address}/{options.pop('netmask', '')}"
    spellings = (desired.address.with_prefixlen, desired.address.with_netmask)
    if desired.off_link:
        lines = [f"{word} {rest}" for word, rest in stanza.options]
        leads = options == {"gateway": desired.gateway, "pointopoint": desired.gateway} or (
            not options and off_link.is_whole(lines, desired)
        )
    else:
        leads = options == {"gateway": desired.gateway}
    return stanza.method == "static" and whole in spellings and leads


def _nameservers_match(stanza: Stanza, desired: DesiredNetwork) -> bool:
    servers = [list(ifupdown.words(rest)) for word, rest in stanza.options if word in _NAMES]
    return not desired.nameservers or servers == [list(desired.nameservers)]


def _static(old: list[str], stanza: Stanza, desired: DesiredNetwork) -> list[str]:
    end = "\r" if old[0].endswith("\r") else ""
    indents = (re.match(r"[ \t]*", line) for line in old[1:] if not _NOTHING.fullmatch(line))
    indent = next((found[0] for found in indents if found and found[0]), "    ")
    lines = (
        # With a netmask of its own: busybox's ifup knows no length in an address.
        f"address {desired.address.ip}",
        f"netmask {desired.address.netmask}",
        f"gateway {desired.gateway}",
        # The kernel makes a route to the peer, and the gateway is found by it.
        *([f"pointopoint {desired.gateway}"] if desired.off_link else []),
        *([f"dns-nameservers {' '.join(desired.nameservers)}"] if desired.nameservers else []),
    )
    head = re.match(r"[ \t]*", old[0])
    first = f"{head[0] if head else ''}iface {stanza.name} inet static{end}"
    return [
        first,
        *(f"{indent}{line}{end}" for line in lines),
        *(
            line
            for line in _remaining_lines(
                old[1:], (*ADDRESSING, *(_NAMES if desired.nameservers else ()))
            )
            if not off_link.is_of(line, desired)
        ),
    ]


def _remaining_lines(lines: list[str], replaced: tuple[str, ...]) -> Iterator[str]:
    dropping = continued = False
    for line in lines:
        comment = ifupdown.is_comment(line) and not continued
        if not continued:
            dropping = (ifupdown.words(line) or ("",))[0] in replaced
        continued = line.endswith("\\") and not comment
        if not dropping:
            yield line


def _notes(
    stanza: Stanza, read: list[Stanza], inside: Inside, desired: DesiredNetwork
) -> Iterator[str]:
    started = [s for s in read if s.kind == "auto" or s.kind.startswith("allow-")]
    if not any(stanza.name in ifupdown.words(s.name) for s in started):
        yield f"no line `auto {stanza.name}`: a boot of the guest does not bring it up"
    if stanza.method == "dhcp" and inside.nameservers and not desired.nameservers:
        servers = ", ".join(inside.nameservers)
        yield f"the name server came with DHCP and stays as it is: {servers}"
