"""Where a parameter's final value came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Source:
    """`default`, `file` (with its path and line), `injected`, or `chosen` by a person in a form."""

    kind: Literal["default", "file", "injected", "chosen"]
    where: str = ""

    def __str__(self) -> str:
        """As the table shows it: 'default', 'injected', 'chosen', 'params/server-01.yaml:7'."""
        return self.where if self.kind == "file" else self.kind

    @property
    def aside(self) -> str:
        """The source in brackets, to follow a value; '' for a value that is being typed."""
        return "" if self.kind == "chosen" else f" ({self})"


DEFAULT = Source("default")
INJECTED = Source("injected")
CHOSEN = Source("chosen")
