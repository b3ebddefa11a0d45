"""systemd-networkd in a guest: the one .network file of the NIC, if it is a simple one. Pure."""

from __future__ import annotations

import re

from runbook.guest.configure.guest_edit import Declined, DesiredNetwork, FileEdit, GuestEdit
from runbook.state.guest.inside import Inside

_SECTION = re.compile(r"\[(.+)\]")
# What systemd strips of a line. It ends one at a lone carriage return and at a NUL byte too.
_BLANK = " \t\r\n"
_OTHER_END = re.compile(r"\0|\r(?!\n)")
_SIMPLE = {"Match", "Network", "Link", "DHCP", "DHCPv4"}
_ADDRESSING = ("DHCP", "Address", "Gateway")
_NAMES = ("DNS",)
Entry = tuple[str, str, str]


def edit(inside: Inside, desired: DesiredNetwork) -> GuestEdit | Declined:
    """The edit of the file that networkd itself names, or why there is none."""
    path = inside.owned_by
    file = inside.file(path)
    secret = [each for each in inside.withheld if each == path or each.startswith(f"{path}.d/")]
    if path and secret:
        return Declined(
            f"{secret[0]} holds a secret, or a word that names one, and would be in the record",
            "take that out, a comment counts too; or give it its address by hand in the guest",
        )
    if file is None or not path.startswith("/etc/systemd/network/"):
        return Declined(
            f"{inside.ifname} has its network from {path}, which is not a readable file of"
            " /etc/systemd/network",
            "give it a file there",
        )
    own = _way_out(desired)
    text = file.content.decode("latin-1").removesuffix(own)
    declined = _unfit(text, inside)
    if declined is not None:
        return declined
    after = f"{_static(text, desired)}{own}".encode("latin-1")
    edits = () if after == file.content else (FileEdit(path, file.content, after, file.mode),)
    up = (("systemctl", "restart", "systemd-networkd"),)
    return GuestEdit("systemd-networkd", inside.ifname, edits, (), up)


def _entries(text: str) -> list[Entry]:
    """(section, key, value) of every line that is one."""
    entries, section = [], ""
    for line in text.split("\n"):
        head = _SECTION.fullmatch(line.strip(_BLANK))
        if head is not None:
            section = head[1]
        elif line.strip(_BLANK) and not _is_comment(line):
            key, _, value = line.partition("=")
            entries.append((section, key.strip(_BLANK), value.strip(_BLANK)))
    return entries


def _is_comment(line: str) -> bool:
    return line.lstrip(_BLANK).startswith(("#", ";"))


def _is_utf8(line: str) -> bool:
    try:
        line.encode("latin-1").decode()
    except UnicodeDecodeError:
        return False
    return True


def _unfit(text: str, inside: Inside) -> Declined | None:
    if _OTHER_END.search(text):
        then = "have each line end in a line feed"
        return Declined(f"{inside.owned_by} has lines that end in another way", then)
    if odd := [line for line in text.split("\n") if not (_is_comment(line) or _is_utf8(line))]:
        then = "write the line in UTF-8, or take it out"
        return Declined(f"systemd ignores a line of {inside.owned_by}: {odd[0]}", then)
    entries = _entries(text)
    then = "give it its address and its gateway by hand in the guest"
    matches = {(key, value.lower()) for section, key, value in entries if section == "Match"}
    own = {("Name", inside.ifname.lower()), ("MACAddress", inside.mac.lower())}
    if not matches or not matches <= own:
        return Declined(f"{inside.owned_by} is not for {inside.ifname} alone", then)
    sections = set(re.findall(r"(?m)^[ \t]*\[(.+)\][ \t\r]*$", text))
    six = [v for s, k, v in entries if s == "Network" and k in _ADDRESSING and ":" in v]
    if not sections <= _SIMPLE or text.count("[Network]") != 1 or six or "\\\n" in text:
        return Declined(f"{inside.owned_by} is not a simple one", then)
    if any(file.path.startswith(f"{inside.owned_by}.d/") for file in inside.files):
        return Declined(f"{inside.owned_by} has files beside it that change it", then)
    return None


def _way_out(desired: DesiredNetwork) -> str:
    """The section for a gateway off the link; [Network] has no word for it."""
    if not desired.off_link:
        return ""
    return f"\n[Route]\nGateway={desired.gateway}\nGatewayOnLink=yes\n"


def _static(text: str, desired: DesiredNetwork) -> str:
    section = ""
    lines = []
    replaced = (*_ADDRESSING, *(_NAMES if desired.nameservers else ()))
    names = [f"DNS={server}\n" for server in desired.nameservers]
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        head = _SECTION.fullmatch(line.strip(_BLANK))
        section = head[1] if head else section
        if section == "Network" and line.partition("=")[0].strip(_BLANK) in replaced:
            continue
        lines.append(line)
        if head is not None and section == "Network":
            lines[-1] = line if line.endswith("\n") else f"{line}\n"
            both = any((k, v) in _SIX for s, k, v in _entries(text) if s == "Network")
            lines.extend(["DHCP=ipv6\n"] if both else [])
            gateway = [] if desired.off_link else [f"Gateway={desired.gateway}\n"]
            lines.extend([f"Address={desired.address}\n", *gateway, *names])
    return "".join(lines)


# DHCP for IPv6 is not what is taken away.
_SIX = {("DHCP", value) for value in ("yes", "true", "on", "1", "both", "ipv6")}
