"""Which of the services that a network comes up by are started at boot."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from runbook.common.errors import ReadFailed
from runbook.state.table import Table, ordered, understood
from runbook.transport.host import Reader


class UnitRow(NamedTuple):
    """One systemd unit."""

    name: Annotated[str, "the unit"]
    load: Annotated[str, "loaded, masked or not-found"]
    state: Annotated[str, "enabled, disabled, static, masked, ...; '' where it is not installed"]


KEY = ("name",)
IFUPDOWN = "networking.service"
LIBVIRT = ("libvirtd.service", "virtnetworkd.service")
SAVED_RULES = "netfilter-persistent.service"
# Each of these would give the NIC an address of its own at boot, whether it runs now or not.
MANAGERS = (
    *("NetworkManager.service", "systemd-networkd.service", "dhcpcd.service"),
    *("connman.service", "wicked.service"),
)
NAMES = (IFUPDOWN, *LIBVIRT, "libvirtd.socket", "virtnetworkd.socket", SAVED_RULES, *MANAGERS)
ASK = ("systemctl", "show", "--property=Id,LoadState,UnitFileState", "--", *NAMES)


def parse(text: str) -> tuple[UnitRow, ...]:
    """One row a unit, from the blocks of `systemctl show`; ValueError if one is missing."""
    blocks = text.strip().split("\n\n")
    properties = (dict(line.split("=", 1) for line in block.splitlines()) for block in blocks)
    by_id = {unit["Id"]: unit for unit in properties}
    if missing := [name for name in NAMES if name not in by_id]:
        raise ValueError(f"systemctl does not tell of {', '.join(missing)}")
    rows = (UnitRow(n, by_id[n]["LoadState"], by_id[n]["UnitFileState"]) for n in NAMES)
    return ordered(rows, KEY)


@understood
def read(host: Reader) -> tuple[UnitRow, ...]:
    """Ask systemd, once for all of them."""
    done = host.query(ASK)
    if done.returncode != 0:
        raise ReadFailed(
            f"systemctl does not say what is started at boot:"
            f" {done.stderr.decode(errors='replace').strip() or 'it said nothing'}",
            host=host.name,
            state="as it was: reading changes nothing",
            then="see that the host runs systemd and that `systemctl show` answers there",
        )
    return parse(done.stdout.decode())


TABLE = Table("units", UnitRow, KEY, read)
