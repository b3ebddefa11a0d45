"""What `ssh` accepts as destination: a host, an alias or user@host."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address

# ASCII, and neither part can begin like an option.
_FORM = re.compile(
    r"(?:(?P<user>[A-Za-z0-9_.][A-Za-z0-9_.+$\\-]*)@)?(?P<host>[A-Za-z0-9_][A-Za-z0-9_.:%-]*)"
)


@dataclass(frozen=True, slots=True)
class Destination:
    """The two parts; `user` is '' where ssh is to choose."""

    user: str
    host: str


def parse(text: str) -> Destination | None:
    """The destination in its parts; None for an option, a URI, a port, or anything else."""
    match = _FORM.fullmatch(text)
    if match is None or not _is_host(match["host"]):
        return None
    return Destination(match["user"] or "", match["host"])


def _is_host(host: str) -> bool:
    """Whether this is a name, or an address: a name has no colon."""
    if ":" not in host:
        return True
    try:
        return ip_address(host).version == 6  # noqa: PLR2004 (the version is the number)
    except ValueError:
        return False
