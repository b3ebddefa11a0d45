"""Debian's own means to load iptables rules at boot, and whether they are in place."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.transport.host import Reader

UNIT = "netfilter-persistent.service"
PLUGINS = "/usr/share/netfilter-persistent/plugins.d/*"
# Of package iptables-persistent: they load rules.v4 and rules.v6.
LOADERS = ("15-ip4tables", "25-ip6tables")
PACKAGE = "iptables-persistent"


@dataclass(frozen=True, slots=True)
class Persistence:
    """Loaders that are missing, and whether the unit that runs them is enabled."""

    missing: tuple[str, ...]
    enabled: bool

    @property
    def in_place(self) -> bool:
        """Whether a boot loads what is saved."""
        return self.enabled and not self.missing


ABSENT = Persistence(LOADERS, enabled=False)


def read(host: Reader) -> Persistence:
    """Look for the loaders, and ask systemd."""
    found = {path.rpartition("/")[2] for path in host.glob(PLUGINS)}
    missing = tuple(name for name in LOADERS if name not in found)
    done = host.query(["systemctl", "is-enabled", UNIT])
    return Persistence(missing, done.stdout.decode(errors="replace").strip() == "enabled")
