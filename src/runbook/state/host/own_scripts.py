"""Scripts of an administrator that ifupdown or the DHCP client runs, whole.

They need not name the NIC: ifupdown says in `$IFACE` and `$METHOD` what comes up and how, and the
DHCP client in `$reason` what has happened. Those of Debian packages are left out.
"""

from __future__ import annotations

import re

from runbook.common import octets
from runbook.state.host.grep import grep
from runbook.state.host.line_search import search
from runbook.state.host.naming_files import MOST_LETTERS, NamingFile
from runbook.transport.host import Reader

PLACES = (
    *("/etc/network/if-pre-up.d", "/etc/network/if-up.d"),
    *("/etc/dhcp/dhclient-enter-hooks.d", "/etc/dhcp/dhclient-exit-hooks.d"),
)
# run-parts passes over any other name.
_RUN = re.compile(r"[A-Za-z0-9_-]+")
_COMMAND = rf"^[[:space:]]*[^#[:space:]].{{0,{MOST_LETTERS}}}"
DPKG = "/var/lib/dpkg/info"
_OF_PACKAGES = "/etc/(network/if-|dhcp/dhclient-).*"


def read(host: Reader) -> tuple[NamingFile, ...]:
    """Each script with its lines, but for comments."""
    lines = search(host, ("-R",), _COMMAND, PLACES)
    # A search of its own, so that a recorded host has the answer whatever is in the folders.
    listed = grep(host, ("-r", "-h", "-x", "--include=*.list", "-E"), _OF_PACKAGES, (DPKG,))
    of_packages = frozenset(octets.text_of(listed).splitlines())
    return tuple(
        NamingFile(path, found)
        for path, found in sorted(lines.items())
        if _RUN.fullmatch(path.rpartition("/")[2]) and path not in of_packages
    )
