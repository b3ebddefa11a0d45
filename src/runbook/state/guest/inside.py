"""What the network is inside a guest, and what manages it.

One command tells all of it, for at a slow console each costs seconds. Files that
hold a secret are named and not kept.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from ipaddress import IPv4Interface, IPv4Network, ip_address

import yaml

from runbook.common.clock import Clock
from runbook.common.errors import ReadFailed
from runbook.state.guest import dhcp_clients as inside_clients
from runbook.state.guest.files import InsideFile
from runbook.state.guest.gathered import Gathered, gathered
from runbook.state.guest.secrets import holds_secret
from runbook.state.syntax import ifupdown, netplan
from runbook.state.table import NONSENSE
from runbook.transport.guest.channel import Channel
from runbook.transport.host import Completed

RESOLV_CONF = "/etc/resolv.conf"
_LOOK_S, _ALL_LOOKS_S = 60.0, 180.0
# How often a guest may name more files, how many it may name, and how much it may tell:
# far more than any network configuration has.
_LOOKS, _PATTERNS, _BYTES = 16, 1000, 1 << 24
_NETPLAN_MADE = "/run/systemd/network/10-netplan-"
# systemd's own, for containers and the like, match nothing that a guest would be asked about.
_NETWORKD = ("/etc/systemd/network/", "/run/systemd/network/")
# What is read beside ifupdown's own files, for others.
FOREIGN = (RESOLV_CONF, "/etc/netplan/", "/etc/cloud/", "/etc/systemd/network/")
# What stands for a byte that is not UTF-8 in a name.
NOT_UTF8 = "\ufffd"
# What has cloud-init leave the network alone, by its own documentation.
CLOUD_SWITCH = "/etc/cloud/cloud.cfg.d/99-disable-network-config.cfg"


@dataclass(frozen=True, slots=True)
class Inside:
    """A guest as seen from inside.

    `ifname` is the NIC with `mac`, or '' where there is none; `master` is what it is
    a port of, or ''. `addresses` are its IPv4 addresses as address/length,
    `default_routes` are 'GATEWAY IFNAME'. `managers` are all that lay claim to this
    NIC: 'ifupdown', 'netplan', 'systemd-networkd', 'NetworkManager'; `manager` is the
    one where there is one, else ''. `owned_by` is the file or connection by which
    it does. `cloud_init`: 'absent', 'off' (leaves the network alone) or 'on'.
    `answering` are the name servers that answer. `withheld` are files with a secret.
    `resolv_conf` is /etc/resolv.conf where it is a plain file; where it is a link,
    `resolv_link` is what it names. `unwritable` are the files and folders that cannot be
    replaced: immutable or append-only, on a read-only file system, or with hard links.
    """

    mac: str
    ifname: str
    master: str
    hostname: str
    os_id: str
    os_version: str
    os_name: str
    managers: tuple[str, ...]
    owned_by: str
    cloud_init: str
    systemd: bool
    root: bool
    addresses: tuple[str, ...]
    default_routes: tuple[str, ...]
    nameservers: tuple[str, ...]
    answering: tuple[str, ...]
    dhcp_clients: tuple[str, ...]
    tools: tuple[str, ...]
    files: tuple[InsideFile, ...]
    withheld: tuple[str, ...]
    resolv_conf: InsideFile | None = None
    resolv_link: str = ""
    unwritable: tuple[str, ...] = ()

    @property
    def manager(self) -> str:
        """The one network manager that has this NIC; '' where none or several have."""
        return self.managers[0] if len(self.managers) == 1 else ""

    @property
    def lent(self) -> bool:
        """Whether a DHCP client is at work for this NIC's IPv4; one that names none serves all."""
        return any(inside_clients.serves(line, self.ifname) for line in self.dhcp_clients)

    @property
    def networks(self) -> tuple[str, ...]:
        """The network of each address, one like the other where there are two."""
        return tuple(sorted(str(IPv4Interface(each).network) for each in self.addresses))

    def file(self, path: str) -> InsideFile | None:
        """One of `files`."""
        return next((file for file in self.files if file.path == path), None)

    def lasting(self, network: IPv4Network) -> tuple[str, ...]:
        """The name servers that answer, and are not left behind by a move to `network`."""
        old = [IPv4Interface(each).network for each in self.addresses]
        return tuple(s for s in self.answering if _is_on(s, network) or not _is_on(s, *old))


def _is_on(server: str, *networks: IPv4Network) -> bool:
    with suppress(ValueError):
        return any(ip_address(server) in network for network in networks)
    return False


def read(channel: Channel, mac: str, clock: Clock) -> Inside:
    """Look; raises ReadFailed if what came back cannot be understood, or does not end."""
    patterns: tuple[str, ...] = ()
    until = clock.monotonic() + _ALL_LOOKS_S
    for _ in range(_LOOKS):
        left = until - clock.monotonic()
        if left <= 0:
            raise _failed(channel, f"names more files of ifupdown even after {_ALL_LOOKS_S:g} s")
        done = _look(channel, mac, patterns, min(left, _LOOK_S))
        try:
            seen = gathered(_bounded(done.stdout), patterns)
            patterns = _not_taken_in(seen)
            if not patterns:
                return parse(seen, mac)
        except NONSENSE as error:
            said = done.stderr.decode(errors="replace").strip()[-200:]
            raise _failed(
                channel,
                "did not tell its network so that it could be understood:"
                f" {error}; {said or f'exit status {done.returncode}'}",
            ) from error
        if len(patterns) > _PATTERNS:
            break
        _refuse_odd_names(channel.guest, patterns)
    raise _failed(channel, f"names more files of ifupdown at each of {_LOOKS} looks")


def _look(channel: Channel, mac: str, patterns: tuple[str, ...], limit: float) -> Completed:
    script = files(__package__).joinpath("inside.sh").read_text()
    return channel.run(("sh", "-c", script, "sh", mac.lower(), *patterns), timeout=limit)


def _bounded(told: bytes) -> bytes:
    if len(told) > _BYTES:
        message = f"it told {len(told)} bytes, and at most {_BYTES} bytes are read"
        raise ValueError(message)
    return told


def _failed(channel: Channel, why: str) -> ReadFailed:
    return ReadFailed(
        f"guest {channel.guest} {why}",
        state="nothing was changed in the guest",
        then="do by hand in the guest what the instructions say",
    )


def _not_taken_in(seen: Gathered) -> tuple[str, ...]:
    """Patterns of files that ifupdown takes in, if there is one that was not read yet."""
    contents = _texts(seen)
    found = {p for path in contents for p in ifupdown.sourced(path, contents[path])}
    return tuple(sorted(found)) if found - set(seen.patterns) else ()


def _refuse_odd_names(guest: str, patterns: tuple[str, ...]) -> None:
    """Raise ReadFailed for a file that cannot be asked for: its name is not UTF-8."""
    for pattern in patterns:
        if NOT_UTF8 in pattern:
            raise ReadFailed(
                f"ifupdown in guest {guest} takes in {pattern}, and that name is not UTF-8",
                state="nothing was changed in the guest",
                then="give the file a name in UTF-8 in the guest, or change its address by hand",
            )


def _texts(seen: Gathered) -> dict[str, str]:
    """What ifupdown could read."""
    return {
        path: file.content.decode(errors="replace")
        for path, file in seen.files.items()
        if not path.startswith((*FOREIGN, *_NETWORKD))
    }


def parse(seen: Gathered, mac: str) -> Inside:
    """What the guest told, put together."""
    ifname, master = _nic(seen)
    kept, withheld = _kept(seen)
    resolver = next((file for file in kept if file.path == RESOLV_CONF), None)
    release = dict(_pairs(seen.text("os-release")))
    claims = dict(_claims(seen, ifname, mac))
    return Inside(
        mac=mac.lower(),
        ifname=ifname,
        master=master,
        hostname=seen.text("hostname").strip(),
        os_id=release.get("ID", ""),
        os_version=release.get("VERSION_ID", ""),
        os_name=release.get("PRETTY_NAME", ""),
        managers=tuple(claims),
        owned_by=next(iter(claims.values()), ""),
        cloud_init=_cloud_init(seen),
        systemd=seen.text("systemd").strip() == "yes",
        root=seen.text("uid").strip() == "0",
        addresses=_addresses(seen.text("addresses"), ifname),
        default_routes=_defaults(seen.text("routes")),
        nameservers=_nameservers(seen.text("resolv")),
        answering=tuple(seen.text("answering").split()),
        dhcp_clients=tuple(line.strip() for line in seen.lines("clients")),
        tools=tuple(seen.text("tools").split()),
        files=tuple(file for file in kept if file is not resolver),
        withheld=withheld,
        resolv_conf=resolver,
        resolv_link=seen.text("resolv-link").strip(),
        unwritable=_unwritable(seen),
    )


def _nic(seen: Gathered) -> tuple[str, str]:
    words = [line.split() for line in seen.lines("nic")]
    # A bond, a bridge or a VLAN above the NIC has its MAC too; only the NIC is hardware.
    return (words[0][0], words[0][1].strip("-")) if len(words) == 1 else ("", "")


def _kept(seen: Gathered) -> tuple[tuple[InsideFile, ...], tuple[str, ...]]:
    kept: list[InsideFile] = []
    withheld: list[str] = []
    for path, file in sorted(seen.files.items()):
        text = file.content.decode(errors="replace")
        # Of cloud-init's, only the one that is edited: others have the passwords of users.
        if path.startswith("/etc/cloud/") and path != CLOUD_SWITCH:
            continue
        if holds_secret(text):
            withheld.append(path)
        else:
            kept.append(InsideFile(path, file.content, file.mode))
    return tuple(kept), tuple(withheld)


def _unwritable(seen: Gathered) -> tuple[str, ...]:
    flags = (line.partition(" ") for line in seen.lines("flags"))
    links = (line.partition(" ") for line in seen.lines("links"))
    return tuple(
        sorted(
            {
                *seen.lines("unwritable"),
                *(path for letters, _, path in flags if {"a", "i"} & set(letters)),
                *(path for count, _, path in links if count.isdecimal() and int(count) > 1),
            }
        )
    )


def _claims(seen: Gathered, ifname: str, mac: str) -> list[tuple[str, str]]:
    """Each manager that has this NIC, with the file or the connection by which it has it."""
    found: list[tuple[str, str]] = []
    plans = {p: f.content for p, f in seen.files.items() if p.startswith("/etc/netplan/")}
    planned = netplan.naming(plans, ifname, mac)
    network_file = seen.text("network-file").strip()
    if planned:
        found.append(("netplan", " ".join(planned)))
    elif network_file.startswith(_NETWORKD):
        found.append(("systemd-networkd", network_file))
    if not planned and (connection := seen.text("connection").strip()):
        found.append(("NetworkManager", connection))
    stanzas = [
        stanza.path
        for path, text in _texts(seen).items()
        for stanza in ifupdown.parse(path, text)
        if (stanza.kind, stanza.name, stanza.family) == ("iface", ifname, "inet")
    ]
    if stanzas and "ifup" in seen.text("tools").split():
        found.append(("ifupdown", " ".join(stanzas)))
    return found


def _cloud_init(seen: Gathered) -> str:
    if "cloud-init" not in seen.text("tools").split():
        return "absent"
    off = any(
        _leaves_network(file.content)
        for path, file in seen.files.items()
        if path.startswith("/etc/cloud/")
    )
    return "off" if off or seen.text("cloud-disabled").strip() else "on"


def _leaves_network(content: bytes) -> bool:
    """Whether a file of cloud-init switches its network part off, in whatever spelling."""
    with suppress(yaml.YAMLError, RecursionError):
        told = netplan.loads(content)
        network = told.get("network") if isinstance(told, dict) else None
        return isinstance(network, dict) and network.get("config") == "disabled"
    return False


def _pairs(text: str) -> list[tuple[str, str]]:
    lines = (line.partition("=") for line in text.splitlines())
    return [(key.strip(), value.strip().strip("\"'")) for key, _, value in lines]


def _addresses(text: str, ifname: str) -> tuple[str, ...]:
    words = (line.split() for line in text.splitlines())
    found = tuple(
        each[each.index("inet") + 1]
        for each in words
        if "inet" in each and len(each) > 1 and each[1].rstrip(":") == ifname
    )
    for address in found:
        # Whoever asks for its network later must not be the first to see that it is none.
        IPv4Interface(address)
    return found


def _defaults(text: str) -> tuple[str, ...]:
    found = re.findall(r"^default(?: via (\S+))?.*? dev (\S+)", text, re.MULTILINE)
    return tuple(f"{gateway or '-'} {ifname}" for gateway, ifname in found)


def _nameservers(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"^\s*nameserver\s+(\S+)", text, re.MULTILINE))
