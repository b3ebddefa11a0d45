"""Which of netplan's files name a NIC. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from runbook.common import shell_pattern
from runbook.common.shallow_yaml import Shallow

# PyYAML reads some 100 KiB in a second.
LARGEST = 1 << 18
_TAGS = {
    yaml.ScalarNode: "tag:yaml.org,2002:str",
    yaml.SequenceNode: "tag:yaml.org,2002:seq",
    yaml.MappingNode: "tag:yaml.org,2002:map",
}


class _Loader(Shallow, yaml.BaseLoader):
    """Every scalar is text."""


class _Plain(yaml.SafeDumper):
    """Every scalar is text, written without quotes where YAML can do without."""

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:  # noqa: ANN401 (yaml's own signature)
        """Nothing is taken for a number or a truth value, and so quoted."""
        del value, implicit
        return _TAGS[kind]


def loads(content: bytes) -> Any:  # noqa: ANN401 (YAML)
    """What a file says, every scalar as it is spelled: netplan reads text, and so a MAC stays one.

    Raises yaml.YAMLError.
    """
    if len(content) > LARGEST:
        raise yaml.YAMLError(f"it has more than {LARGEST >> 10} KiB")
    return yaml.load(content, Loader=_Loader)  # noqa: S506 (it makes text and nothing else)


def dumps(loaded: object) -> bytes:
    """The file that says so."""
    text = yaml.dump(loaded, Dumper=_Plain, sort_keys=False, default_flow_style=False)
    return text.encode()


def naming(files: Mapping[str, bytes], ifname: str, mac: str) -> tuple[str, ...]:
    """The paths that have an entry for the NIC, in netplan's order.

    A file that cannot be read counts: nobody can say what netplan makes of it.
    """
    return tuple(path for path in sorted(files) if _names(files[path], ifname, mac))


def _names(content: bytes, ifname: str, mac: str) -> bool:
    try:
        return any(True for _ in entries(loads(content), ifname, mac))
    except yaml.YAMLError:
        return True


def entries(loaded: Any, ifname: str, mac: str) -> Iterator[tuple[str, dict[str, Any]]]:  # noqa: ANN401 (YAML)
    """The entries below `ethernets` that mean the NIC, by their names.

    Raises yaml.YAMLError where `ethernets` holds no names.
    """
    network = loaded.get("network") if isinstance(loaded, dict) else None
    ethernets = network.get("ethernets") if isinstance(network, dict) else None
    if ethernets and not isinstance(ethernets, dict):
        raise yaml.YAMLError("`ethernets` holds something else than names with entries")
    for name, entry in (ethernets or {}).items():
        if isinstance(entry, dict) and _means(str(name), entry, ifname, mac):
            yield str(name), entry


def _means(name: str, entry: dict[str, Any], ifname: str, mac: str) -> bool:
    match = entry.get("match")
    if not isinstance(match, dict):
        return name == ifname
    matches = str(match.get("macaddress", mac)).lower() == mac.lower()
    names = match.get("name", ifname)
    patterns = names if isinstance(names, list) else [names]
    # `name` is the name before set-name: the NIC may be called otherwise by now.
    renamed = entry.get("set-name") == ifname
    return matches and (renamed or any(shell_pattern.matches(ifname, str(p)) for p in patterns))
