"""Configuration files that the network comes up from.

Secrets in them never leave this reader: the content is redacted as it is read,
the digest is of the real bytes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, NamedTuple

from runbook.common import octets
from runbook.common.redact import redact_text
from runbook.state.syntax import cloud_init, ifupdown, sysctl_d
from runbook.state.table import Table, ordered, understood
from runbook.transport.host import HostFile, Reader


class FileRow(NamedTuple):
    """One configuration file."""

    path: Annotated[str, "where it is"]
    mode: Annotated[str, "permission bits, octal"]
    uid: Annotated[int, "owner"]
    gid: Annotated[int, "group"]
    sha256: Annotated[str, "digest of the file as it is"]
    content: Annotated[str, "the text, secrets redacted"]
    encoding: Annotated[str, "utf-8; surrogateescape if some byte is not (PEP 383)"]


KEY = ("path",)
RESOLV_CONF = "/etc/resolv.conf"
# What networking.service runs if one of these packages stands in the place of ifupdown.
IFUPDOWN2 = "/usr/share/ifupdown2/sbin/start-networking"
IFUPDOWN_NG = "/usr/share/ifupdown-ng/sbin/networking"
# Read by this version and by none before it: a snapshot without any of them says nothing of them.
SINCE_THIS_VERSION = ("/etc/cloud/", "/run/cloud-init/", IFUPDOWN2, IFUPDOWN_NG)
# How deep files of ifupdown may take in one another.
_ROUNDS = 64
PATTERNS = (
    "/etc/network/interfaces.d/*",
    "/etc/sysctl.conf",
    *(f"{folder}/*.conf" for folder in sysctl_d.FOLDERS),
    "/etc/iptables/rules.v[46]",
    "/etc/nftables.conf",
    "/etc/libvirt/hooks/network",
    "/etc/libvirt/hooks/network.d/*",
    "/etc/systemd/system/network-online.target.d/*.conf",
    "/etc/systemd/system/wait-online-runbook-*.service",
    "/etc/systemd/system/dhcp-runbook-*.service",
    "/etc/dhcp/dhclient-enter-hooks.d/runbook-*",
    "/etc/dhcpcd.enter-hook",
    # What other network managers configure.
    "/etc/netplan/*.yaml",
    "/etc/systemd/network/*.network",
    "/run/systemd/network/*.network",
    "/etc/systemd/network/*.link",
    "/etc/udev/rules.d/70-persistent-net.rules",
    "/etc/NetworkManager/NetworkManager.conf",
    "/etc/NetworkManager/conf.d/*.conf",
    # What runs at a boot: another program that reads ifupdown's files, and whether cloud-init does.
    IFUPDOWN2,
    IFUPDOWN_NG,
    cloud_init.ENABLED,
    cloud_init.DISABLED,
    f"{cloud_init.FOLDER}cloud.cfg",
    f"{cloud_init.FOLDER}cloud.cfg.d/*.cfg",
    "/etc/dhcpcd.conf",
    "/etc/dhcp/dhclient.conf",
    RESOLV_CONF,
)


def parse(files: list[HostFile]) -> tuple[FileRow, ...]:
    """One row a file."""
    return ordered([_row(file) for file in files], KEY)


def _row(file: HostFile) -> FileRow:
    digest = hashlib.sha256(file.content).hexdigest()
    owner = (f"{file.mode:04o}", file.uid, file.gid)
    content = file.content
    if file.path.startswith(cloud_init.FOLDER):
        content = cloud_init.network_part(content).encode()
    return FileRow(file.path, *owner, digest, *_text(content))


# A run reads the same files six times.
@lru_cache(maxsize=256)
def _text(content: bytes) -> tuple[str, str]:
    text = octets.text_of(content)
    return redact_text(text), octets.coding_of(text)


def contents(rows: Iterable[FileRow]) -> dict[str, str]:
    """The text of each file, by its path."""
    return {row.path: row.content for row in rows}


def as_text(row: FileRow) -> FileRow:
    """The row in today's form; an earlier version wrote content that is not UTF-8 as base64."""
    if row.encoding != "base64":
        return row
    content, encoding = _text(base64.b64decode(row.content, validate=True))
    return row._replace(content=content, encoding=encoding)


@understood
def read(host: Reader) -> tuple[FileRow, ...]:
    """Read the interface files with all that they source, then the others."""
    sourced = _sourced(host)
    others = set(host.glob(*PATTERNS)) - set(sourced)
    paths = sorted(path for path in others if not path.endswith("/"))
    for path, file in zip(paths, host.read_files(paths), strict=True):
        if file is not None:
            sourced[path] = file
    return parse(list(sourced.values()))


def _sourced(host: Reader) -> dict[str, HostFile]:
    sourced: dict[str, HostFile] = {}
    waiting = [ifupdown.INTERFACES]
    for _ in range(_ROUNDS):
        paths = [path for path in dict.fromkeys(waiting) if path not in sourced]
        files = [file for file in host.read_files(paths) if file is not None]
        sourced.update({file.path: file for file in files})
        patterns = [p for f in files for p in ifupdown.sourced(f.path, _text(f.content)[0])]
        found = host.glob(*patterns) if patterns else ()
        waiting = [path for path in found if path not in sourced]
        if not waiting:
            return sourced
    raise ValueError(f"files of ifupdown take in others {_ROUNDS} levels deep")


TABLE = Table("files", FileRow, KEY, read)
