"""The hosts of an inventory: what `ansible-inventory --list` prints, or NetBox's JSON.

A value for one host is called `runbook_NAME` there: among Ansible's host variables, in NetBox's
config context or among its custom fields. NAME is a parameter of the notebook.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from runbook.common.errors import CorrectParameters
from runbook.common.redact import redact
from runbook.fleet.hosts import FleetHost
from runbook.fleet.trust import is_option, may_be_given
from runbook.params.fields import host as checked_name

# A larger inventory is rather a mistake than a fleet.
MOST = 10_000
PREFIX = "runbook_"
# What NetBox says of a device that Ansible would make a group of.
_PLACES = ("site", "location", "rack", "role", "device_role", "cluster", "tenant", "platform")


def from_inventory(text: str) -> tuple[FleetHost, ...]:
    """The hosts with their groups and values; raises CorrectParameters."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_inventory(f"it is no JSON: {error}") from None
    if isinstance(document, dict) and isinstance(document.get("results"), list):
        _refuse_a_page(document)
        hosts = {host.name: host for host in _of_netbox(document["results"])}
    elif isinstance(document, dict) and "_meta" in document:
        hosts = {host.name: host for host in _of_ansible(document)}
    else:
        raise _no_inventory("it is neither Ansible's nor NetBox's: no _meta, and no results")
    if not 0 < len(hosts) <= MOST:
        raise _no_inventory(f"it names {len(hosts)} hosts, and 1 to {MOST} may be")
    return tuple(hosts.values())


def _refuse_a_page(said: Mapping[str, object]) -> None:
    """NetBox gives 50 devices at a time unless asked for all."""
    if said.get("next"):
        raise _no_inventory("it is one page of several: ask NetBox for all, with ?limit=0")


def _of_ansible(said: Mapping[str, object]) -> Iterator[FleetHost]:
    meta = said["_meta"]
    hostvars = meta.get("hostvars", {}) if isinstance(meta, dict) else {}
    groups: dict[str, list[str]] = {}
    for group in said:
        for name in dict.fromkeys(_members(said, group)):
            groups.setdefault(name, []).append(group)
    for name, of in groups.items():
        told = hostvars.get(name, {}) if isinstance(hostvars, dict) else {}
        yield FleetHost(_checked(name), tuple(of), _given(name, told))


def _members(said: Mapping[str, object], group: str) -> Iterator[str]:
    """The hosts of a group, and of the groups in it. `all` would be a group of every host."""
    if group in ("_meta", "all"):
        yield from _names(said[group], "hosts") if group == "all" else ()
        return
    # Each group once: there are many ways to the same one where groups are in several others.
    inner = {group: None}
    waiting = [group]
    while waiting:
        about = said.get(waiting.pop(), {})
        yield from _names(about, "hosts")
        new = [child for child in _names(about, "children") if child not in inner]
        inner |= dict.fromkeys(new)
        waiting += new


def _names(about: object, action: str) -> tuple[str, ...]:
    listed = about.get(action, []) if isinstance(about, dict) else None
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        raise _no_inventory(f"a group of it has no list of {action}")
    return tuple(listed)


def _of_netbox(results: Sequence[object]) -> Iterator[FleetHost]:
    for device in results:
        name = device.get("name") if isinstance(device, dict) else None
        if not isinstance(device, dict) or not isinstance(name, str):
            raise _no_inventory("a device of it has no name")
        told = [device.get(key) for key in ("config_context", "custom_fields")]
        given = {k: v for each in told if isinstance(each, dict) for k, v in each.items()}
        tags = device.get("tags")
        places = [*(tags if isinstance(tags, list) else []), *map(device.get, _PLACES)]
        slugs = [place.get("slug") for place in places if isinstance(place, dict)]
        groups = tuple(dict.fromkeys(slug for slug in slugs if isinstance(slug, str)))
        yield FleetHost(_checked(name), groups, _given(name, given))


def _given(host: str, told: object) -> Mapping[str, JsonValue]:
    """The values for one host; one that is not set in NetBox is null, and is none."""
    if not isinstance(told, dict):
        raise _no_inventory(f"what it says of {host} is no list of names and values")
    given = {
        name.removeprefix(PREFIX): value
        for name, value in told.items()
        if name.startswith(PREFIX) and value is not None
    }
    for name in given:
        if not is_option(name):
            raise _no_inventory(f"{PREFIX}{name} of {host} is no parameter of a notebook")
        if not may_be_given(name):
            raise _no_inventory(
                f"{PREFIX}{name} of {host} is not its to say: write {name} into"
                f" params/{host}.yaml, or give -p {name} for all hosts"
            )
    if redact(given) != given:
        raise _no_inventory(f"a value of {host} looks like a secret, and the run would keep it")
    return given


def _checked(name: str) -> str:
    try:
        return checked_name(name)
    except ValueError as error:
        raise _no_inventory(str(error)) from None


def _no_inventory(why: str) -> CorrectParameters:
    return CorrectParameters(
        f"the inventory cannot be used: {why}",
        state="no host was asked anything",
        then="give what `ansible-inventory --list` prints, or NetBox's JSON of devices",
    )
