"""Whether a change is about guests: told by its plan, or by what is left where there is none.

What nothing tells is not taken for a change of the host alone: then a guest
would be called as before that nobody has looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from runbook.plan.plan import Plan
from runbook.plan.promise import guests, host
from runbook.plan.promise.guests import GuestPromise

About = Literal["guests", "host", "not told"]
UNTOLD = "nobody can tell whether the change is about it"
# How the steps begin that only a change of guests has, and some that only one of the host has.
OF_GUESTS = ("in ", "virsh update-device ")
OF_THE_HOST = ("ip addr", "ip route ", "sysctl ", "virsh net-", "edit ", "write ")
_GUEST = re.compile(r"(\S.*?) \((?:[0-9a-f]{2}:){5}[0-9a-f]{2}\) (?:at|as) ")


def about(plan: Plan | None, steps: tuple[str, ...], script: str, *, kept: bool) -> About:
    """What the change is about; `steps` are its steps in words, as many as are known of.

    `kept` says whether there is a guests.json, of whatever content.
    """
    if plan is not None:
        return "guests" if isinstance(plan.promise, GuestPromise) else "host"
    purpose = tuple(_heading(script))
    if kept or _any(purpose, (guests.PURPOSE,)) or _any(steps, OF_GUESTS):
        return "guests"
    if _any(purpose, (host.PURPOSE,)) or _any(steps, OF_THE_HOST):
        return "host"
    return "not told"


def named(script: str) -> tuple[str, ...]:
    """The guests that the heading of an undo script names."""
    found = map(_GUEST.match, _heading(script))
    return tuple(match[1] for match in found if match)


def _heading(script: str) -> Iterator[str]:
    """The comments that an undo script begins with, which say what the change is for."""
    for line in script.splitlines():
        if not line.startswith("#"):
            return
        yield line.removeprefix("#").strip()


def _any(lines: tuple[str, ...], begins: tuple[str, ...]) -> bool:
    return any(line.startswith(begins) for line in lines)
