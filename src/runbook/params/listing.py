"""Every host that has a file, whether or not the file is right."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from runbook.errors import ParameterError
from runbook.params.model import Params
from runbook.params.resolve import for_host


@dataclass(frozen=True, slots=True)
class Described:
    """A host's name, and its parameters; where they are not right, None and why."""

    host: str
    params: Params | None
    error: ParameterError | None = None


def listing(folder: Path) -> tuple[Described, ...]:
    """One a file in params/, in name order. Contacts nothing."""
    return tuple(_described(folder, path.stem) for path in sorted(folder.glob("*.yaml")))


def _described(folder: Path, host: str) -> Described:
    try:
        return Described(host, for_host(folder, {"host": host}))
    except ParameterError as error:
        return Described(host, None, error)
