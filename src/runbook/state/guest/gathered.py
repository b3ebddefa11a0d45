"""The output of `inside.sh`: named answers and whole files, each after its length. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GatheredFile:
    """A file's bytes and permission bits."""

    content: bytes
    mode: int


@dataclass(frozen=True, slots=True)
class Gathered:
    """Answers by name, files by path, and the patterns that more files were asked for by."""

    answers: Mapping[str, bytes]
    files: Mapping[str, GatheredFile]
    patterns: tuple[str, ...] = ()

    def text(self, name: str) -> str:
        """One answer; '' where there is none."""
        return self.answers.get(name, b"").decode(errors="replace")

    def lines(self, name: str) -> tuple[str, ...]:
        """Its lines that are not empty."""
        return tuple(line for line in self.text(name).splitlines() if line.strip())


def gathered(output: bytes, patterns: tuple[str, ...] = ()) -> Gathered:
    """Take it apart; raises ValueError where it is not whole.

    Each part is ``A 0 LENGTH NAME`` or ``F MODE LENGTH PATH``, a line feed, LENGTH
    bytes and a line feed; ``END`` is the last.
    """
    answers: dict[str, bytes] = {}
    found: dict[str, GatheredFile] = {}
    at = 0
    while (end := output.find(b"\n", at)) >= 0:
        head = output[at:end].decode(errors="replace")
        if head == "END":
            return Gathered(answers, found, patterns)
        kind, mode, length, name = head.split(" ", 3)
        start, at = end + 1, end + 2 + int(length)
        content = output[start : at - 1]
        if kind == "F":
            found[name] = GatheredFile(content, int(mode, 8))
        else:
            answers[name] = content
    message = "it broke off"
    raise ValueError(message)
