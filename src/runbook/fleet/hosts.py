"""Which hosts a fleet run is about: files of params/, or an inventory of Ansible or NetBox."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from runbook.common.errors import CorrectParameters
from runbook.params import Described
from runbook.params.fields import host as checked_name

# A larger inventory is rather a mistake than a fleet.
MOST = 10_000


@dataclass(frozen=True, slots=True)
class FleetHost:
    """A host by its name in params/, and the groups that its inventory puts it in."""

    name: str
    groups: tuple[str, ...] = ()


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


def _named(each: Described, wanted: str) -> bool:
    if each.host == wanted:
        return True
    recorded = each.known is not None and each.known.connect == "recorded"
    return fnmatchcase(each.host, wanted) and not recorded


def from_inventory(text: str) -> tuple[FleetHost, ...]:
    """What `ansible-inventory --list`, or NetBox's list of devices or machines, says as JSON."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_inventory(f"it is no JSON: {error}") from None
    if isinstance(said, dict) and isinstance(said.get("results"), list):
        groups = dict(_of_netbox(said["results"]))
    elif isinstance(said, dict) and "_meta" in said:
        groups = _of_ansible(said)
    else:
        raise _no_inventory("it is neither Ansible's nor NetBox's: no _meta, and no results")
    if not 0 < len(groups) <= MOST:
        raise _no_inventory(f"it names {len(groups)} hosts, and 1 to {MOST} may be")
    return tuple(FleetHost(_checked(name), of) for name, of in groups.items())


def _of_ansible(said: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, tuple[str, ...]] = {}
    for group, about in said.items():
        for name in _names(about) if group != "_meta" else ():
            groups[name] = (*groups.get(name, ()), group)
    return groups


def _names(about: object) -> tuple[str, ...]:
    listed = about.get("hosts", []) if isinstance(about, dict) else None
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise _no_inventory("a group of it has no list of hosts")
    return tuple(listed)


def _of_netbox(results: Sequence[object]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for device in results:
        name = device.get("name") if isinstance(device, dict) else None
        if not isinstance(device, dict) or not isinstance(name, str):
            raise _no_inventory("a device of it has no name")
        tags = device.get("tags")
        slugs = (
            [tag.get("slug") for tag in tags if isinstance(tag, dict)]
            if isinstance(tags, list)
            else []
        )
        yield name, tuple(slug for slug in slugs if isinstance(slug, str))


def _checked(name: str) -> str:
    try:
        return checked_name(name)
    except ValueError as error:
        raise _no_inventory(str(error)) from None


def _none(pattern: str) -> CorrectParameters:
    return CorrectParameters(
        f"no host of params/ is meant by {pattern!r}",
        state="no host was asked anything",
        then="`ls params` has the names; survey.ipynb describes a new host",
    )


def _no_inventory(why: str) -> CorrectParameters:
    return CorrectParameters(
        f"the inventory cannot be used: {why}",
        state="no host was asked anything",
        then="give what `ansible-inventory --list` prints, or NetBox's JSON of devices",
    )
