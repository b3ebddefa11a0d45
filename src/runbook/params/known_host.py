"""How to reach a host, by its file: enough to look at the host or to end a change on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from runbook.common.errors import ParameterError
from runbook.params import fields
from runbook.params.access import KNOWN, KnownHost
from runbook.params.fields import Wrong
from runbook.params.file import ParamsFile, read
from runbook.params.model import NAMES
from runbook.params.resolve import as_parameter_error, host_name, known_names, merge_sources
from runbook.params.source import INJECTED
from runbook.params.suggest import nearest

# Each of these, misspelt and so left out, leads elsewhere, or to a machine that nobody pinned.
_LEADING = tuple(name for name in KNOWN if name not in ("host", "router"))


def known_host(folder: Path, injected: Mapping[str, object]) -> KnownHost:
    """How to reach a host, by `folder`/<host>.yaml; the rest of the file is not checked.

    Without a file the way is `ssh` to the host's name. Raises `ParameterError` for what
    leads to the host, or may be meant to.
    """
    given = {name: value for name, value in injected.items() if value is not None}
    known_names(given, lambda _: str(INJECTED))
    file, no_file = _file(folder, host_name(given))
    _refuse_misspelt(file)
    file, no_router = _without_bad_router(file)
    values, sources = merge_sources(file, given, {})
    asked = {name: values[name] for name in KNOWN if name in values}
    said: dict[str, Any] = {"sources": sources, "no_file": no_file, "no_router": no_router}
    try:
        return _validated(asked, said)
    except ParameterError as wrong:
        if wrong.field != "libvirt_uri" or "libvirt_uri" in given:
            raise
        # The undo is made on the host, and asks no libvirt elsewhere.
        del asked["libvirt_uri"]
        said["no_libvirt_uri"] = (
            f"`libvirt_uri` ({file.source('libvirt_uri')}) is left out, because"
            f" {wrong.problem}; it follows from `connect` and `destination`"
        )
    return _validated(asked, said)


def _validated(asked: Mapping[str, object], said: Mapping[str, Any]) -> KnownHost:
    try:
        return KnownHost.model_validate({**asked, **said})
    except ValidationError as error:
        raise as_parameter_error(error.errors()[0], asked, said["sources"]) from None


def _file(folder: Path, host: str) -> tuple[ParamsFile, str]:
    """The host's file, and '' or, if there is no file, a sentence that says so."""
    path = folder / f"{host}.yaml"
    shown = f"{folder.name}/{path.name}"
    if path.is_file():
        return read(path, host=host, shown_as=shown, names=KNOWN), ""
    others = [other.stem for other in folder.glob("*.yaml")]
    why = f"there is no {shown}, so the way to the host is `ssh {host}`; {nearest(host, others)}"
    return ParamsFile(shown, {}), why


def _refuse_misspelt(file: ParamsFile) -> None:
    for name in file.lines:
        if name not in NAMES and get_close_matches(name.lower(), _LEADING, n=1):
            problem = f"there is no parameter of this name ({file.source(name)})"
            raise ParameterError(name, "…", problem, nearest(name, _LEADING))


def _without_bad_router(file: ParamsFile) -> tuple[ParamsFile, str]:
    """The file without a `router` that cannot be asked, and a sentence that says so."""
    if "router" not in file.values:
        return file, ""
    try:
        fields.destination(str(file.values["router"] or "-"))
    except Wrong as wrong:
        rest = {name: value for name, value in file.values.items() if name != "router"}
        why = f"`router` ({file.source('router')}) is left out, because {wrong.problem}"
        return replace(file, values=rest), why
    return file, ""
