"""Debian's own means to load iptables rules at boot, and whether they are in place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from runbook.transport.host import Reader

UNIT, FLUSHER = "netfilter-persistent.service", "nftables.service"
PLUGINS = "/usr/share/netfilter-persistent/plugins.d/*"
# Of package iptables-persistent: they load rules.v4 and rules.v6.
LOADERS = ("15-ip4tables", "25-ip6tables")
PACKAGE = "iptables-persistent"
BACKENDS = {"nf_tables": "nft", "legacy": "legacy"}
_VERSION = re.compile(r"\((nf_tables|legacy)\)")


@dataclass(frozen=True, slots=True)
class Persistence:
    """What a boot does to the rules, and the backend of the host's plain `iptables`.

    `missing` are loaders; `enabled` is the unit that runs them; `nftables` is
    the unit that loads /etc/nftables.conf at the same time; `backend` is nft,
    legacy, or '' where the program does not say.
    """

    missing: tuple[str, ...]
    enabled: bool
    nftables: bool
    backend: str

    @property
    def in_place(self) -> bool:
        """Whether a boot loads what is saved."""
        return self.enabled and not self.missing


def read(host: Reader) -> Persistence:
    """Look for the loaders, ask systemd, and ask the program."""
    plugins = {path.rpartition("/")[2] for path in host.glob(PLUGINS)}
    missing = tuple(name for name in LOADERS if name not in plugins)
    return Persistence(missing, _enabled(host, UNIT), _enabled(host, FLUSHER), _backend(host))


def _enabled(host: Reader, unit: str) -> bool:
    done = host.query(["systemctl", "is-enabled", unit])
    return done.stdout.decode(errors="replace").strip() == "enabled"


def _backend(host: Reader) -> str:
    done = host.query(["iptables", "--version"])
    version = _VERSION.search(done.stdout.decode(errors="replace"))
    return BACKENDS[version[1]] if version else ""
