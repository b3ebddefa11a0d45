"""The name servers that systemd-resolved asks: those of the whole host, and those of the NIC."""

from __future__ import annotations

import re
from dataclasses import dataclass

from runbook.common import octets
from runbook.common.errors import ReadFailed
from runbook.transport.host import Reader

ACTIVE = ("systemctl", "is-active", "systemd-resolved.service")
SERVERS = ("resolvectl", "dns")
_LINE = re.compile(r"(Global|Link \d+ \((\S+)\)):(.*)")


@dataclass(frozen=True, slots=True)
class Resolved:
    """The servers, none where systemd-resolved does not run."""

    of_host: tuple[str, ...] = ()
    of_nic: tuple[str, ...] = ()


def read(host: Reader, nic: str) -> Resolved:
    """Ask systemd, and then systemd-resolved."""
    if host.query(ACTIVE).stdout.strip() != b"active":
        return Resolved()
    done = host.query(SERVERS)
    if done.returncode != 0:
        raise ReadFailed(
            f"`resolvectl dns` failed: {octets.text_of(done.stderr).strip() or 'it said nothing'}",
            host=host.name,
            state="nothing was written",
            then="run the command on the host as root, and mend what it complains of",
        )
    matches = [_LINE.fullmatch(line) for line in octets.text_of(done.stdout).splitlines()]
    servers = {m[2] or "": tuple(m[3].split()) for m in matches if m}
    return Resolved(servers.get("", ()), servers.get(nic, ()))
