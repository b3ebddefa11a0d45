"""IPv4 and IPv6 addresses, read with RTM_GETADDR. Layout: linux/if_addr.h, struct ifaddrmsg."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Annotated, Any, NamedTuple

from pyroute2.netlink.rtnl import rt_scope

from runbook.state import netlink
from runbook.state.address_texts import addresses, in_text_order
from runbook.state.batches import Batch, batches, joined
from runbook.state.table import Table, ordered_columns, understood
from runbook.transport.host import Reader


class AddressRow(NamedTuple):
    """One address of an interface."""

    ifname: Annotated[str, "the interface that holds it"]
    family: Annotated[str, "inet or inet6"]
    address: Annotated[str, "the address alone"]
    prefixlen: Annotated[int, "bits of its network"]
    broadcast: Annotated[str, "broadcast address, or ''"]
    scope: Annotated[str, "global, link or host"]
    label: Annotated[str, "IPv4 label, as a rule the interface's name"]
    flags: Annotated[str, "sorted words: permanent, secondary, noprefixroute, deprecated, ..."]
    valid_lft_s: Annotated[int | None, "seconds until it goes; missing: never"]
    preferred_lft_s: Annotated[int | None, "seconds until it is deprecated; missing: never"]
    peer: Annotated[str, "the far end of a point-to-point address, or ''"] = ""


KEY = ("ifname", "family", "address", "prefixlen")
VOLATILE = ("valid_lft_s", "preferred_lft_s")
FLAGS = {
    0x01: "secondary",
    0x02: "nodad",
    0x04: "optimistic",
    0x08: "dadfailed",
    0x20: "deprecated",
    0x40: "tentative",
    0x80: "permanent",
    0x100: "mngtmpaddr",
    0x200: "noprefixroute",
}
FOREVER = 0xFFFFFFFF
# linux/if_addr.h.
RTM_NEWADDR, ADDRESS, LOCAL, LABEL, BROADCAST, CACHEINFO, FLAGS_ALL = 20, 1, 2, 3, 4, 6, 8
# Bytes of struct ifaddrmsg.
_IFADDRMSG = 8
# struct ifa_cacheinfo, as far as what is read of it: until it is deprecated, until it goes.
_CACHE, _NUMBER = Struct("=II"), Struct("=I")


def parse(raw: bytes, names: dict[int, str]) -> tuple[AddressRow, ...]:
    """One row an address, from the raw dump; `names` maps ifindex to ifname."""
    found = (in_text_order(batch, LOCAL) for batch in batches(raw, RTM_NEWADDR, _IFADDRMSG))
    return ordered_columns(AddressRow, joined(_columns(batch, names) for batch in found), KEY)


def _columns(batch: Batch, names: dict[int, str]) -> Iterator[list[Any]]:
    # On a point-to-point link IFA_ADDRESS is the far end.
    far = _addresses(batch, ADDRESS)
    local = _addresses(batch, LOCAL) if batch.has(LOCAL) else far
    yield batch.each_number(4, "=i4", lambda index: names.get(index, f"if{index}"))
    yield [netlink.FAMILIES[batch.family]] * len(batch)
    yield local
    yield batch.each_number(1, "u1", int)
    yield _addresses(batch, BROADCAST)
    yield batch.each_number(3, "u1", _scope)
    yield batch.each(LABEL, lambda value: (value or b"").rstrip(b"\0").decode())
    yield _flags(batch)
    yield batch.each(CACHEINFO, lambda value: _life(value, 1))
    yield batch.each(CACHEINFO, lambda value: _life(value, 0))
    yield [end if end != own else "" for end, own in zip(far, local, strict=True)]


def _addresses(batch: Batch, kind: int) -> list[str]:
    return addresses(batch.family, batch.cells(kind)) if batch.has(kind) else [""] * len(batch)


def _scope(number: int) -> str:
    scope = str(rt_scope.get(number, number))
    return "global" if scope == "universe" else scope


def _flags(batch: Batch) -> list[str]:
    if batch.has(FLAGS_ALL):
        return batch.each(FLAGS_ALL, lambda value: _words(*_NUMBER.unpack(value or b"")))
    return batch.each_number(2, "u1", _words)


def _words(flags: int) -> str:
    return " ".join(sorted(word for bit, word in FLAGS.items() if flags & bit))


def _life(info: bytes | None, which: int) -> int | None:
    if info is None:
        return None
    seconds = int(_CACHE.unpack_from(info)[which])
    return None if seconds == FOREVER else seconds


@understood
def read(host: Reader) -> tuple[AddressRow, ...]:
    """Ask the kernel."""
    names = netlink.interface_names(host)
    return parse(host.dump(netlink.request(netlink.RTM_GETADDR)), names)


TABLE = Table("addresses", AddressRow, KEY, read, VOLATILE)
