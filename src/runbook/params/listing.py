"""Every host that has a file, whether or not the file is right."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from runbook.common.errors import ParameterError
from runbook.params.access import KnownHost
from runbook.params.known_host import known_host
from runbook.params.model import Params
from runbook.params.resolve import for_host


@dataclass(frozen=True, slots=True)
class Described:
    """A host's name, its parameters, and the way to it.

    Where the parameters are not right they are None, with the `error`; where the file does
    not even lead to the host, `known` is None too.
    """

    host: str
    params: Params | None
    error: ParameterError | None = None
    known: KnownHost | None = None


def listing(folder: Path) -> tuple[Described, ...]:
    """One a file in params/, in name order. Contacts nothing."""
    return tuple(_described(folder, path.stem) for path in sorted(folder.glob("*.yaml")))


def _described(folder: Path, host: str) -> Described:
    try:
        params = for_host(folder, {"host": host})
    except ParameterError as error:
        return Described(host, None, error, _known(folder, host))
    return Described(host, params, known=params)


def _known(folder: Path, host: str) -> KnownHost | None:
    try:
        return known_host(folder, {"host": host})
    except ParameterError:
        return None
