"""A run with its record, and the values of cells that belong to a run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol

from runbook.notebook.shared.cell_value import CellValue
from runbook.notebook.shared.stages import RunProgress
from runbook.run.record import Ending, Folder
from runbook.run.session import HostSession, Session
from runbook.transport.connect import Visit


@dataclass(frozen=True, slots=True, repr=False)
class RecordedRun(CellValue):
    """A run: operator, host and change number, and the run folder."""

    session: Visit
    folder: Folder
    course: RunProgress = field(default_factory=RunProgress)

    @property
    def host(self) -> str:
        """The host's name."""
        return self.session.params.host

    def facts(self) -> Iterable[tuple[str, object]]:
        """Which host, and which change."""
        return ("host", self.host), ("change", self.session.change_id)


@dataclass(frozen=True, slots=True, repr=False)
class HostRun(RecordedRun):
    """A run against a host that a change was made on."""

    session: HostSession


@dataclass(frozen=True, slots=True, repr=False)
class Run(HostRun):
    """A run that makes a change."""

    session: Session


class _HasRun(Protocol):
    @property
    def run(self) -> RecordedRun:
        """The run that it is part of."""


class OfARun(CellValue):
    """A value that belongs to a run."""

    __slots__ = ()
    USEFUL: ClassVar[tuple[str, ...]] = ("change_id", "host", "record")

    @property
    def course(self: _HasRun) -> RunProgress:
        """How the run goes."""
        return self.run.course

    @property
    def host(self: _HasRun) -> str:
        """The host's name."""
        return self.run.host

    @property
    def change_id(self: _HasRun) -> str:
        """The number of the change, and the name of the run folder."""
        return self.run.session.change_id

    @property
    def record(self: _HasRun) -> Path:
        """The run folder, with every product of this run."""
        return self.run.folder.path

    def facts(self: _HasRun) -> Iterable[tuple[str, object]]:
        """Which host, and which change."""
        return self.run.facts()


@dataclass(frozen=True, slots=True, repr=False)
class Stopped(OfARun):
    """A run that stopped on purpose; every later cell hands it on."""

    run: HostRun
    ending: Ending
    why: str

    def facts(self) -> Iterable[tuple[str, object]]:
        """Why."""
        return (*self.run.facts(), ("ended", self.ending), ("why", self.why))
