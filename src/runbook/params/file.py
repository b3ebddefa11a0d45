"""A host's parameter file: YAML that keeps what was written.

YAML 1.1 reads ``52:54:00:12:34:56`` as a number in base 60, ``on`` as a truth
value and ``010`` as 8. Here only ``true``/``false``, plain decimal integers and
``null`` are anything but text; tags and aliases are refused; and a name given
twice is an error instead of a silent last-one-wins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from runbook.common import handed_files
from runbook.common.errors import ParameterError
from runbook.common.shallow_yaml import Shallow
from runbook.params.source import Source

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_WORDS: Mapping[str, object] = {"true": True, "false": False, "null": None, "~": None, "": None}
_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))


@dataclass(frozen=True, slots=True)
class ParamsFile:
    """The values of one file, by name; `lines` counts from 1; `path` is for display.

    Names that were not asked for have a line and no value.
    """

    path: str
    values: Mapping[str, object]
    lines: Mapping[str, int] = field(default_factory=dict)

    def source(self, name: str) -> Source:
        """Where in this file the name was given."""
        line = self.lines.get(name)
        return Source("file", self.path if line is None else f"{self.path}:{line}")


class _Loader(Shallow, yaml.SafeLoader):
    """Composes nodes only: no implicit types, no aliases."""

    # PyYAML reads this attribute of the class; empty, every plain scalar stays text.
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse `*alias`: it can be circular, or explode."""
        if self.check_event(yaml.AliasEvent):
            problem = "aliases (*name) are not read here"
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=mark)
        return super().compose_node(parent, index)


def _fault(at: yaml.Node, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=at.start_mark)


def _value(node: yaml.Node) -> object:
    """Plain value of a node: text, bool, int, None, list or dict."""
    if node.tag not in _TAGS:
        raise _fault(node, f"the tag {node.tag} is not read here")
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return {name: _value(item) for name, (_, item) in _entries(node).items()}
    text = str(node.value)
    if not isinstance(node, yaml.ScalarNode) or node.style is not None:
        return text
    return int(text) if _INTEGER.fullmatch(text) else _WORDS.get(text, text)


def _entries(
    node: yaml.MappingNode, names: Collection[str] | None = None
) -> dict[str, tuple[int, yaml.Node]]:
    """Line and value node of each name; of `names`, or else of any, none is given twice."""
    entries: dict[str, tuple[int, yaml.Node]] = {}
    for name, value in node.value:
        if not isinstance(name, yaml.ScalarNode):
            if names is not None:
                continue
            raise _fault(name, "a parameter's name must be text")
        if name.value in entries and (names is None or name.value in names):
            raise _fault(name, f"'{name.value}' was already given on line {entries[name.value][0]}")
        entries[name.value] = (name.start_mark.line + 1, value)
    return entries


def compose(text: str) -> yaml.Node | None:
    """The text's nodes, each with its place; None where it holds nothing."""
    return yaml.compose(text, Loader=_Loader)


def parse(text: str, path: str, names: Collection[str] | None = None) -> ParamsFile:
    """Values and lines of a file's text; raises `yaml.YAMLError` or `RecursionError`.

    With `names` the values of these alone are read, and nothing is said of any other.
    """
    node = compose(text)
    if node is None:
        return ParamsFile(path, {})
    if not isinstance(node, yaml.MappingNode):
        raise _fault(node, "the file must be lines of 'name: value'")
    entries = _entries(node, names)
    return ParamsFile(
        path,
        {n: _value(value) for n, (_, value) in entries.items() if names is None or n in names},
        {name: line for name, (line, _) in entries.items()},
    )


def read(
    path: Path, *, host: str, shown_as: str | None = None, names: Collection[str] | None = None
) -> ParamsFile:
    """Read one host's file; an error names the file and the line.

    Raises `ParameterError` about the field `host`, which is what led here.
    """
    shown = shown_as or str(path)
    fix = f"correct {shown}: one 'name: value' a line; docs/reference/parameters.md lists the names"
    if names is not None:
        fix += (
            f". To end a change first, move the file away: runbook then takes `ssh {host}`."
            " Or write a file with only the way to the host, such as `connect: ssh+sudo`"
        )
    try:
        return parse(handed_files.text(path), shown, names)
    except OSError as error:
        problem = f"{shown} cannot be read: {error.strerror}"
    except UnicodeDecodeError as error:
        problem = f"{shown} is not UTF-8 text (byte {error.start})"
    except RecursionError:
        problem = f"{shown} is nested too deeply"
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        problem = f"{shown}{line}: {error.problem or error.context}"
    except yaml.YAMLError as error:
        problem = f"{shown}: {error}"
    raise ParameterError("host", host, problem, fix)
