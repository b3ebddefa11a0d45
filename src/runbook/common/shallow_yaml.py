"""YAML that is refused where it is nested deeper than any configuration.

PyYAML's time grows with the cube of the depth of brackets: 3,000 of them take 14 s.
"""

from __future__ import annotations

import yaml
from yaml.composer import Composer

DEEPEST = 64


class Shallow(Composer):
    """A part of a loader, to stand before the loader's class; raises yaml.MarkedYAMLError."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Count the levels; PyYAML reads no further than the node that it composes."""
        if self._depth == DEEPEST:
            mark = self.peek_event().start_mark  # type: ignore[attr-defined]  # of the loader
            problem = f"it is nested deeper than {DEEPEST} levels"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1
