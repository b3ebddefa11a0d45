"""A host's file as it will be: a new one with a word on each value, or the old one changed.

What is drafted is read back at once: a text that would not give the values it
was made from is never handed out.
"""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from runbook.common.errors import CorrectParameters, ParameterError
from runbook.params.edit import edited
from runbook.params.file import ParamsFile, parse
from runbook.params.model import Params
from runbook.params.resolve import resolve
from runbook.params.scalar import scalar

HEAD = """\
# {host}: how to reach it, and the change to make.
# The file's name is the host's name. docs/reference/parameters.md explains every parameter;
# whatever is not written here has its default, and papermill's -p wins over both.
"""
# A group of parameters has its word before the first of them that is there.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "How to reach the host.",
        ("connect", "destination", "ssh_config", "libvirt_uri", "recording", "mode"),
    ),
    ("The machine that this file is for; any other one is refused.", ("machine_id",)),
    (
        "The host's interface onto the LAN, and the host's address.",
        ("interface", "address"),
    ),
    ("The physical router. Never the host itself.", ("gateway",)),
    ("The libvirt network to define, and its bridge.", ("network", "bridge", "bridge_mac")),
    ("keep: the host's DHCP client renews the lease on the bridge.", ("addressing",)),
    ("true: something else makes the bridge, and it has the address already.", ("attach",)),
    ("ifupdown's bridge, whose address and ports pass to libvirt's bridge.", ("adopt",)),
    (
        (
            "Spanning tree. If it is on, the bridge sends BPDUs to the switch. A switch port with\n"
            "BPDU guard shuts down at the first BPDU, and nothing on the host can open it again.\n"
            "Consent to bpdu only if you know that the port has no BPDU guard."
        ),
        ("stp",),
    ),
    ("Risks that you accept, by the names that preflight shows.", ("consent",)),
    (
        "The firewall and DNS: libvirt's rules, its dnsmasq, and your own rules.",
        ("forward", "dns", "firewall", "rules"),
    ),
    (
        "What must answer before and after: the router, and something beyond it.",
        ("probes", "router"),
    ),
    ("Seconds until the undo runs, unless the change is confirmed.", ("deadline_s",)),
    ("rehearse: the host reboots once before the change is confirmed.", ("reboot",)),
    ("Who may approve a plan, and the SSH key that signs a record.", ("approval", "sign_with")),
)


def draft(host: str, values: Mapping[str, object], old: str | None) -> str:
    """The text of the file; `old` is what it holds now, None where there is none.

    In a new file None and what is empty are left out; in an old one only what
    differs is changed. Raises `CorrectParameters` if it cannot be done.
    """
    given = {name: value for name, value in values.items() if value is not None}
    params = resolve(ParamsFile("the new file", given), {"host": host})
    text = _new(host, values) if old is None else _changed(host, old, values)
    if read_back(text, host) != plain(params):
        raise _cannot(host, "its text would not be read as these values")
    return text


def read_back(text: str, host: str) -> dict[str, object]:
    """The values that a text gives; raises `CorrectParameters` if it gives none."""
    try:
        return plain(resolve(parse(text, f"params/{host}.yaml"), {"host": host}))
    except yaml.YAMLError as error:
        raise _cannot(host, f"its text would not be YAML ({error})") from error


def plain(params: Params) -> dict[str, object]:
    """Every value by name, for comparing: where it came from is left out."""
    return params.model_dump()


def _new(host: str, values: Mapping[str, object]) -> str:
    there = {name: value for name, value in values.items() if value not in (None, (), [])}
    blocks = [_block(words, names, there) for words, names in GROUPS]
    return "\n".join([HEAD.format(host=host), *(block for block in blocks if block)])


def _block(words: str, names: tuple[str, ...], there: Mapping[str, object]) -> str:
    lines = [_line(name, there[name]) for name in names if name in there]
    return "".join([_comment(words), *lines]) if lines else ""


def _line(name: str, value: object) -> str:
    if name == "probes" and isinstance(value, (list, tuple)):
        return f"{name}:\n" + "".join(f"  - {scalar(item)}\n" for item in value)
    return f"{name}: {scalar(value)}\n"


def _comment(words: str) -> str:
    return "".join(f"# {line}\n" for line in words.splitlines())


def _changed(host: str, old: str, values: Mapping[str, object]) -> str:
    """A value that the file gives already stays as it is written, and a default is not added."""
    try:
        held = _held(host, old)
        wanted = {k: v for k, v in values.items() if k not in held or held[k] != v}
        wanted = {k: v for k, v in wanted.items() if k in held or not _is_default(k, v)}
        said = {name: _comment(words) for words, names in GROUPS for name in names}
        return edited(old, wanted, said)
    except yaml.YAMLError as error:
        raise _cannot(host, f"it is not lines of 'name: value' ({error})") from error


def _held(host: str, old: str) -> dict[str, object]:
    """The file's values by name; the raw values if the file as a whole is not valid."""
    file = parse(old, "")
    try:
        params = resolve(file, {"host": host})
    except ParameterError:
        return dict(file.values)
    return {name: getattr(params, name) for name in file.values}


def _is_default(name: str, value: object) -> bool:
    return value is None or value == Params.model_fields[name].default


def _cannot(host: str, why: str) -> CorrectParameters:
    return CorrectParameters(
        f"params/{host}.yaml cannot be written: {why}",
        host=host,
        state="the file is as it was",
        then="correct the file by hand: one 'name: value' a line; "
        "docs/reference/parameters.md lists the names",
    )
