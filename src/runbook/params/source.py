"""Where a parameter's final value came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Source:
    """`default`, `file` (with its path and line; no path while it is typed), or `injected`."""

    kind: Literal["default", "file", "injected"]
    where: str = ""

    def __str__(self) -> str:
        """As the table shows it: 'default', 'injected', 'params/server-01.yaml:7'."""
        return self.where if self.kind == "file" else self.kind

    @property
    def aside(self) -> str:
        """In brackets, behind what is said of the value; nothing for one that is being typed."""
        return f" ({self})" if str(self) else ""


DEFAULT = Source("default")
INJECTED = Source("injected")
