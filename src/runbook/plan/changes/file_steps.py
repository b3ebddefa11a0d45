"""Steps on files and folders: what a change writes, and what its undo puts back."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.common import octets


@dataclass(frozen=True, slots=True)
class WriteFile:
    """A file put in place atomically; `mode` is the permission bits."""

    path: str
    content: bytes
    mode: int
    uid: int = 0
    gid: int = 0
    budget_s: float = 5.0

    def describe(self) -> str:
        return f"write {self.path} (mode {self.mode:04o})"


@dataclass(frozen=True, slots=True)
class LineEdit:
    """Lines `first` to `last` (counted from 1, both included) become `text`.

    With `last` one less than `first` the text goes in before line `first`.
    """

    first: int
    last: int
    text: str


@dataclass(frozen=True, slots=True)
class EditFile:
    """Replace some lines of a file; every other byte, the owner and the mode stay.

    The plan holds the lines and a digest, never the whole file: an interface
    file may hold a secret. `sha256` is of the bytes the lines were counted in.
    """

    path: str
    sha256: str
    edits: tuple[LineEdit, ...]
    budget_s: float = 5.0

    def describe(self) -> str:
        return "\n".join(f"edit {self.path}:{e.first}" for e in self.edits)

    def applied_to(self, content: bytes) -> bytes:
        """The content with every edit made, last line first so that numbers stay true."""
        lines = [line + b"\n" for line in content.split(b"\n")]
        lines[-1] = lines[-1][:-1]
        for edit in sorted(self.edits, key=lambda e: e.first, reverse=True):
            lines[edit.first - 1 : edit.last] = [octets.bytes_of(edit.text)]
        # What goes in below a last line that has no newline must not be joined to it.
        whole = (ln if ln.endswith(b"\n") or not ln else ln + b"\n" for ln in lines[:-1])
        return b"".join((*whole, lines[-1]))


@dataclass(frozen=True, slots=True)
class MakeDir:
    """A directory made if it is not there, root's own and readable."""

    path: str
    budget_s: float = 5.0

    def describe(self) -> str:
        return f"mkdir -p {self.path}"


@dataclass(frozen=True, slots=True)
class RemoveDir:
    """A directory taken away, if the change made it and it is empty; only in an undo."""

    path: str
    budget_s: float = 5.0

    def describe(self) -> str:
        return f"rmdir {self.path}"


@dataclass(frozen=True, slots=True)
class Restore:
    """The file as it was when the change was armed, or none if there was none."""

    path: str
    budget_s: float = 5.0

    def describe(self) -> str:
        return f"put back {self.path}"


@dataclass(frozen=True, slots=True)
class RemoveFile:
    """A file taken away; absent already is fine."""

    path: str
    budget_s: float = 5.0

    def describe(self) -> str:
        return f"rm -f {self.path}"
