"""Changes to configuration files: what a reboot would read."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import dirname

from runbook.common import octets
from runbook.plan.changes.file_steps import (
    EditFile,
    LineEdit,
    MakeDir,
    RemoveDir,
    Restore,
    WriteFile,
)
from runbook.plan.changes.steps import Step


@dataclass(frozen=True, slots=True)
class PutFile:
    """A new file, and the directory it goes into."""

    path: str
    text: str
    mode: int
    purpose: str

    phase = "prepare"

    @property
    def title(self) -> str:
        return self.purpose

    @property
    def before(self) -> str:
        return f"{self.path}: absent"

    @property
    def after(self) -> str:
        return f"{self.path}:\n{self.text}"

    def do(self) -> tuple[Step, ...]:
        return (
            MakeDir(dirname(self.path)),
            WriteFile(self.path, octets.bytes_of(self.text), self.mode),
        )

    def undo(self) -> tuple[Step, ...]:
        """Both away again; the directory only where the change made it."""
        return (Restore(self.path), RemoveDir(dirname(self.path)))


@dataclass(frozen=True, slots=True)
class EditLines:
    """A few lines of an existing file replaced."""

    path: str
    sha256: str
    edits: tuple[LineEdit, ...]
    lines_before: str
    purpose: str

    phase = "prepare"

    @property
    def title(self) -> str:
        return self.purpose

    @property
    def before(self) -> str:
        return f"{self.path}:\n{self.lines_before}"

    @property
    def after(self) -> str:
        return f"{self.path}:\n{''.join(edit.text for edit in self.edits)}"

    def do(self) -> tuple[Step, ...]:
        return (EditFile(self.path, self.sha256, self.edits),)

    def undo(self) -> tuple[Step, ...]:
        return (Restore(self.path),)
