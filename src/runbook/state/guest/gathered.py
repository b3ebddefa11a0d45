"""The output of `inside.sh`: named answers and whole files, each after its length. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_HEAD = re.compile(rb"([AF]) ([0-7]{1,4}) ([0-9]{1,9}) (.*)")


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
    files: dict[str, GatheredFile] = {}
    at = 0
    while (end := output.find(b"\n", at)) >= 0:
        line = output[at:end]
        if line == b"END":
            return Gathered(answers, files, patterns)
        head = _HEAD.fullmatch(line)
        if head is None:
            message = "a part begins with no length"
            raise ValueError(message)
        name = head[4].decode(errors="replace")
        start, at = end + 1, end + 2 + int(head[3])
        content = output[start : at - 1]
        if head[1] == b"F":
            files[name] = GatheredFile(content, int(head[2], 8))
        else:
            answers[name] = content
    message = "it broke off"
    raise ValueError(message)
