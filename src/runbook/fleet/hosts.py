"""Which hosts a fleet run is about: files of params/, or an inventory (`inventory`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from pydantic import JsonValue

from runbook.common.errors import CorrectParameters
from runbook.params import Described


@dataclass(frozen=True, slots=True)
class FleetHost:
    """A host by its name in params/, the groups that its inventory puts it in, and its values.

    `given` are parameters of the notebook for this host alone.
    """

    name: str
    groups: tuple[str, ...] = ()
    given: Mapping[str, JsonValue] = field(default_factory=dict)


def by_patterns(patterns: Sequence[str], described: Sequence[Described]) -> tuple[FleetHost, ...]:
    """Hosts of params/ by name, `server-*` or `params/*.yaml`; recordings only by their full name.

    Raises CorrectParameters for a pattern that names none.
    """
    found: dict[str, FleetHost] = {}
    for pattern in patterns:
        wanted = pattern.rpartition("/")[2].removesuffix(".yaml")
        names = [each.host for each in described if _named(each, wanted)]
        if not names:
            raise _none(pattern)
        found |= {name: FleetHost(name) for name in names}
    return tuple(found.values())


def _named(each: Described, expected: str) -> bool:
    if each.host == expected:
        return True
    recorded = each.known is not None and each.known.connect == "recorded"
    return fnmatchcase(each.host, expected) and not recorded


def _none(pattern: str) -> CorrectParameters:
    return CorrectParameters(
        f"no host of params/ is meant by {pattern!r}",
        state="no host was asked anything",
        then="`ls params` has the names; survey.ipynb describes a new host",
    )
