"""In which batches the hosts are changed. Pure; the same hosts give the same batches."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence

from runbook.common.errors import CorrectParameters
from runbook.fleet.hosts import FleetHost

_SIZE = re.compile(r"0*[1-9][0-9]{0,3}%?")
Batches = tuple[tuple[str, ...], ...]


def batch_size(text: str, hosts: int) -> int:
    """`4` hosts, or `10%` of them and at least one; raises CorrectParameters."""
    number = text.removesuffix("%")
    if not _SIZE.fullmatch(text):
        raise CorrectParameters(
            f"a batch of {text!r} hosts cannot be made",
            state="no host was asked anything",
            then="give a number of hosts such as 4, or a share such as 10%",
        )
    share = text.endswith("%")
    return max(1, math.floor(hosts * min(int(number), 100) / 100)) if share else int(number)


def batches(
    hosts: Sequence[FleetHost],
    *,
    canary: int,
    size: int,
    apart: Collection[str] = (),
    last: Collection[str] = (),
) -> Batches:
    """The canaries, then batches of at most `size` hosts, then those of `last` one by one.

    Two hosts of a group in `apart` are never in one batch.
    """
    late = [host for host in hosts if host.name in last]
    early = [host for host in hosts if host.name not in last]
    made = [*_filled(early[:canary], max(canary, 1), apart), *_filled(early[canary:], size, apart)]
    return (*made, *((host.name,) for host in late))


def _filled(hosts: Sequence[FleetHost], size: int, apart: Collection[str]) -> Batches:
    left, made = list(hosts), []
    while left:
        batch: list[FleetHost] = []
        taken: set[str] = set()
        for host in left:
            alone = set(host.groups) & set(apart)
            if len(batch) < size and not alone & taken:
                batch.append(host)
                taken |= alone
        left = [host for host in left if host not in batch]
        made.append(tuple(host.name for host in batch))
    return tuple(made)
