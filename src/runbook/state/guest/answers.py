"""Builds the guest's state from its answers. Pure. A file with a secret is named, not kept."""

from __future__ import annotations

import re
from ipaddress import IPv4Interface

from runbook.state.guest.files import InsideFile
from runbook.state.guest.gathered import Gathered
from runbook.state.guest.inside import CLOUD_SWITCH, RESOLV_CONF, Inside
from runbook.state.guest.managers import claims, cloud_init
from runbook.state.guest.secrets import holds_secret


def parse(answers: Gathered, mac: str) -> Inside:
    """The guest as its answers describe it; raises an error of NONSENSE if they make no sense."""
    ifname, master = _nic(answers)
    files, withheld = _files(answers)
    resolver = next((file for file in files if file.path == RESOLV_CONF), None)
    release = dict(_pairs(answers.text("os-release")))
    managers = dict(claims(answers, ifname, mac))
    return Inside(
        mac=mac.lower(),
        ifname=ifname,
        master=master,
        hostname=answers.text("hostname").strip(),
        os_id=release.get("ID", ""),
        os_version=release.get("VERSION_ID", ""),
        os_name=release.get("PRETTY_NAME", ""),
        managers=tuple(managers),
        owned_by=next(iter(managers.values()), ""),
        cloud_init=cloud_init(answers),
        systemd=answers.text("systemd").strip() == "yes",
        root=answers.text("uid").strip() == "0",
        addresses=_addresses(answers.text("addresses"), ifname),
        default_routes=_defaults(answers.text("routes")),
        nameservers=tuple(
            re.findall(r"^\s*nameserver\s+(\S+)", answers.text("resolv"), re.MULTILINE)
        ),
        answering=tuple(answers.text("answering").split()),
        dhcp_clients=tuple(line.strip() for line in answers.lines("clients")),
        tools=tuple(answers.text("tools").split()),
        files=tuple(file for file in files if file is not resolver),
        withheld=withheld,
        resolv_conf=resolver,
        resolv_link=answers.text("resolv-link").strip(),
        unwritable=_unwritable(answers),
    )


def _nic(answers: Gathered) -> tuple[str, str]:
    words = [line.split() for line in answers.lines("nic")]
    # A bond, a bridge or a VLAN above the NIC has its MAC too; only the NIC is hardware.
    return (words[0][0], words[0][1].strip("-")) if len(words) == 1 else ("", "")


def _files(answers: Gathered) -> tuple[tuple[InsideFile, ...], tuple[str, ...]]:
    kept: list[InsideFile] = []
    withheld: list[str] = []
    for path, file in sorted(answers.files.items()):
        text = file.content.decode(errors="replace")
        # Of cloud-init's, only the one that is edited: others have the passwords of users.
        if path.startswith("/etc/cloud/") and path != CLOUD_SWITCH:
            continue
        if holds_secret(text):
            withheld.append(path)
        else:
            kept.append(InsideFile(path, file.content, file.mode))
    return tuple(kept), tuple(withheld)


def _unwritable(answers: Gathered) -> tuple[str, ...]:
    flags = (line.partition(" ") for line in answers.lines("flags"))
    links = (line.partition(" ") for line in answers.lines("links"))
    return tuple(
        sorted(
            {
                *answers.lines("unwritable"),
                *(path for letters, _, path in flags if {"a", "i"} & set(letters)),
                *(path for count, _, path in links if count.isdecimal() and int(count) > 1),
            }
        )
    )


def _pairs(text: str) -> list[tuple[str, str]]:
    lines = (line.partition("=") for line in text.splitlines())
    return [(key.strip(), value.strip().strip("\"'")) for key, _, value in lines]


def _held(words: list[str]) -> str:
    """Address and length; of a point-to-point address `ip` shows the length behind its peer."""
    address = words[0]
    if "/" not in address and words[1:2] == ["peer"]:
        return f"{address}/{words[2].partition('/')[2] or '32'}"
    return address


def _addresses(text: str, ifname: str) -> tuple[str, ...]:
    words = (line.split() for line in text.splitlines())
    addresses = tuple(
        _held(each[each.index("inet") + 1 :])
        for each in words
        if "inet" in each and len(each) > 1 and each[1].rstrip(":") == ifname
    )
    for address in addresses:
        # Whoever asks for its network later must not be the first to see that it is none.
        IPv4Interface(address)
    return addresses


def _defaults(text: str) -> tuple[str, ...]:
    defaults = re.findall(r"^default(?: via (\S+))?.*? dev (\S+)", text, re.MULTILINE)
    return tuple(f"{gateway or '-'} {ifname}" for gateway, ifname in defaults)
