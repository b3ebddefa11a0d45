"""A host's file and the injected values, made into one validated `Params`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from runbook.common import handed_files
from runbook.common.errors import ParameterError
from runbook.common.redact import quotable, redact_text
from runbook.params import fields
from runbook.params.access import ACCESS, Access
from runbook.params.fields import Wrong
from runbook.params.file import ParamsFile, read
from runbook.params.guests import GUEST_NAMES
from runbook.params.model import NAMES, Params
from runbook.params.source import CHOSEN, DEFAULT, INJECTED, Source
from runbook.params.suggest import nearest
from runbook.params.wording import mistyped

if TYPE_CHECKING:
    from pathlib import Path

Loader = Callable[[str], ParamsFile]


def for_host(
    folder: Path, injected: Mapping[str, object], chosen: Mapping[str, object] | None = None
) -> Params:
    """Resolve against `folder`/<host>.yaml, where `host` is injected; what was chosen wins."""
    params = resolve(lambda host: _find(folder, host), injected, chosen)
    if params.rules is None:
        return params
    return params.model_copy(update={"rules_text": _rules_text(folder, params.rules)})


def faults_for_host(
    folder: Path, injected: Mapping[str, object], chosen: Mapping[str, object]
) -> tuple[ParameterError, ...]:
    """All that is wrong with what a person is choosing; empty where `for_host` would not raise."""
    return faults(lambda host: _find(folder, host), injected, chosen)


def _rules_text(folder: Path, name: str) -> str:
    """What the rules file holds, redacted; its grammar is judged where rules are understood."""
    try:
        return redact_text(handed_files.text(folder / name))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        problem = f"{folder.name}/{name} cannot be read: {why}"
        fix = f"put the output of `iptables-save` into {folder / name}"
        raise ParameterError("rules", name, problem, fix) from None


def resolve(
    host_file: Mapping[str, object] | ParamsFile | Loader,
    injected: Mapping[str, object],
    chosen: Mapping[str, object] | None = None,
) -> Params:
    """Final values: chosen over injected over file over default; raises `ParameterError`.

    An injected None means "not injected": it is how a notebook's parameters
    cell leaves a value to the file. `chosen` is what a person set in a form.
    """
    values, sources = merge_sources(host_file, injected, chosen or {})
    try:
        return Params.model_validate({**values, "sources": sources})
    except ValidationError as error:
        raise as_parameter_error(error.errors()[0], values, sources) from None


def faults(
    host_file: Mapping[str, object] | ParamsFile | Loader,
    injected: Mapping[str, object],
    chosen: Mapping[str, object] | None = None,
) -> tuple[ParameterError, ...]:
    """All that is wrong with the values, field by field; the first is what `resolve` raises.

    What must fit together is judged only once each value is right by itself.
    """
    try:
        values, sources = merge_sources(host_file, injected, chosen or {})
        Params.model_validate({**values, "sources": sources})
    except ParameterError as error:
        return (error,)
    except ValidationError as error:
        return tuple(as_parameter_error(fault, values, sources) for fault in error.errors())
    return ()


def access(file: ParamsFile, injected: Mapping[str, object]) -> Access:
    """How to reach a host, without the other parameters; raises `ParameterError`."""
    values, sources = merge_sources(file, injected, {})
    try:
        return Access.model_validate({name: values[name] for name in ACCESS if name in values})
    except ValidationError as error:
        raise as_parameter_error(error.errors()[0], values, sources) from None


def existing_file(folder: Path, injected: Mapping[str, object]) -> ParamsFile:
    """The host's file; one without values where there is none yet."""
    host = host_name(injected)
    there = (folder / f"{host}.yaml").is_file()
    return _find(folder, host) if there else ParamsFile(f"{folder.name}/{host}.yaml", {})


def merge_sources(
    host_file: Mapping[str, object] | ParamsFile | Loader,
    injected: Mapping[str, object],
    chosen: Mapping[str, object],
) -> tuple[dict[str, object], dict[str, Source]]:
    """Each value that was given, and where each comes from; nothing is validated."""
    asked = {**injected, **chosen}
    given = {name: value for name, value in asked.items() if value is not None}
    known_names(given, lambda _: str(INJECTED))
    host = host_name(given)
    file = _as_file(host_file, host)
    known_names(file.values, lambda name: str(file.source(name)))
    _usable(file, host)
    sources = {name: _source(name, file, given, chosen) for name in NAMES}
    return {**file.values, **given}, sources


def _source(
    name: str, file: ParamsFile, injected: Mapping[str, object], chosen: Mapping[str, object]
) -> Source:
    if name in injected:
        return CHOSEN if name in chosen else INJECTED
    return file.source(name) if name in file.values else DEFAULT


def _find(folder: Path, host: str) -> ParamsFile:
    """Read a host's file, or say which hosts there are."""
    path = folder / f"{host}.yaml"
    shown = f"{folder.name}/{path.name}"
    if not path.is_file():
        there = [file.stem for file in folder.glob("*.yaml")]
        fix = f"{nearest(host, there)}; or write {path}, with params/example.yaml as a pattern"
        raise ParameterError("host", host, f"there is no {shown}", fix)
    return read(path, host=host, shown_as=shown)


def _as_file(host_file: Mapping[str, object] | ParamsFile | Loader, host: str) -> ParamsFile:
    if isinstance(host_file, ParamsFile):
        return host_file
    if isinstance(host_file, Mapping):
        return ParamsFile(f"params/{host}.yaml", host_file)
    return host_file(host)


def host_name(injected: Mapping[str, object]) -> str:
    """Judge the host's name before it becomes part of a path."""
    host = injected.get("host", "")
    if host == "":
        fix = "name the host: papermill … -p host server-01, or in the parameters cell"
        raise ParameterError("host", injected.get("host"), "no host is named", fix)
    if not isinstance(host, str):
        raise ParameterError("host", host, *mistyped("host", host, INJECTED, "text"))
    try:
        return fields.host(host)
    except Wrong as wrong:
        raise ParameterError("host", host, wrong.problem, wrong.fix) from None


def known_names(values: Mapping[str, object], source: Callable[[str], str]) -> None:
    """Refuse a name that is no parameter's."""
    for name, value in values.items():
        if name not in NAMES:
            problem = f"there is no parameter of this name ({source(name)})"
            told = quotable(str(name), value)
            raise ParameterError(str(name), told, problem, nearest(str(name), NAMES))


def _usable(file: ParamsFile, host: str) -> None:
    """Refuse a name without a value, and a file that calls its host otherwise."""
    for name, value in file.values.items():
        if value is None:
            fix = f"write a value after '{name}:', or remove the line to use the default"
            raise ParameterError(name, None, f"it has no value ({file.source(name)})", fix)
    if file.values.get("host", host) != host:
        fix = f"remove the line: a file's host is its own name, here {host}"
        problem = f"{file.source('host')}: `host` differs from the file's name"
        raise ParameterError("host", file.values["host"], problem, fix)


def as_parameter_error(
    fault: Any,  # noqa: ANN401  # pydantic_core.ErrorDetails, whose `ctx` is untyped
    values: Mapping[str, object],
    sources: Mapping[str, Source],
) -> ParameterError:
    """Make one of pydantic's errors ours."""
    wrong = fault.get("ctx", {}).get("error")
    if len(fault["loc"]) > 1 and fault["loc"][0] == "guests":
        return _of_a_guest(fault, sources["guests"])
    field = str(fault["loc"][0]) if fault["loc"] else wrong.field
    value = values.get(field)
    if isinstance(wrong, Wrong):
        told = sources[field].aside if value is not None else ""
        return ParameterError(field, value, f"{wrong.problem}{told}", wrong.fix)
    if fault["type"] == "missing":
        fix = f"write '{field}: …' in params/<host>.yaml; docs/reference/parameters.md explains it"
        return ParameterError(field, None, "it is missing, and has no default", fix)
    if fault["type"] in _RANGES:
        problem = f"{fault['msg'].lower()}{sources[field].aside}"
        return ParameterError(field, value, problem, f"write {_RANGES[fault['type']]}")
    return ParameterError(
        field, value, *mistyped(field, fault["input"], sources[field], _wanted(fault))
    )


def _of_a_guest(fault: Any, source: Source) -> ParameterError:  # noqa: ANN401  # likewise
    """The same for one line of one entry, counted from 1."""
    inner = fault["loc"][2:]
    name = "".join(f"[{at + 1}]" if isinstance(at, int) else f".{at}" for at in fault["loc"])[1:]
    value, wrong = fault["input"], fault.get("ctx", {}).get("error")
    if isinstance(wrong, Wrong):
        return ParameterError(name, value, f"{wrong.problem} ({source})", wrong.fix)
    if fault["type"] == "missing":
        fix = "each entry has at least `name` and `address`"
        return ParameterError(name, None, f"it is missing, and has no default ({source})", fix)
    if fault["type"] == "extra_forbidden":
        # Its value may be a password, which has no place here.
        problem = f"there is no line of this name ({source})"
        return ParameterError(name, "…", problem, nearest(str(inner[-1]), GUEST_NAMES))
    if fault["type"] in _RANGES:
        problem = f"{fault['msg'].lower()} ({source})"
        return ParameterError(name, value, problem, f"write {_RANGES[fault['type']]}")
    return ParameterError(name, value, *mistyped(name, value, source, _wanted(fault)))


_RANGES = {
    "greater_than_equal": "a larger whole number of seconds, or leave it out",
    "less_than_equal": "a smaller whole number of seconds, or leave it out",
    "too_long": "fewer of them",
}


def _wanted(fault: Any) -> str:  # noqa: ANN401  # likewise
    """Say what was expected, from pydantic's kind of error."""
    if fault["type"] == "literal_error":
        return f"one of {fault['ctx']['expected']}"
    kinds = {
        "string_type": "text",
        "bool_type": "on or off",
        "int_type": "a whole number",
        "tuple_type": "a list",
        "model_type": "an entry with `name` and `address`",
    }
    return kinds.get(fault["type"], str(fault["msg"]))
