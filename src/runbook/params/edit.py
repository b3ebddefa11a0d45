"""A host's file with other values in it: what is not changed stays as it is, to the byte.

The parser says where each value stands in the text; only there is it replaced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from runbook.params.file import compose, parse
from runbook.params.scalar import scalar


@dataclass(frozen=True, slots=True)
class _Cut:
    """A piece of the text, and what comes in its place."""

    start: int
    end: int
    text: str


def edited(text: str, values: Mapping[str, object], added: Mapping[str, str]) -> str:
    """The text with these values; None takes a line out.

    A name that the text lacks is added at its end, after the lines in `added`.
    Raises `yaml.YAMLError` if the text is not lines of 'name: value'.
    """
    held = parse(text, "").values
    places = _places(text)
    wanted = {name: value for name, value in values.items() if not _same(held, name, value)}
    cuts = [_cut(text, *places[name], value) for name, value in wanted.items() if name in places]
    new = {name: value for name, value in wanted.items() if name not in places}
    return _end(_apply(text, cuts), new, added)


def _places(text: str) -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """Each name's node, and its value's."""
    root = compose(text)
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        problem = "the file must be lines of 'name: value' to be edited"
        raise yaml.MarkedYAMLError(problem=problem, problem_mark=root.start_mark)
    return {str(name.value): (name, value) for name, value in root.value}


def _same(held: Mapping[str, object], name: str, value: object) -> bool:
    """Whether the text has this value already; a tuple counts as a list."""
    if value is None or name not in held:
        return value is None and name not in held
    if isinstance(value, (list, tuple)):
        there = held[name]
        return isinstance(there, list) and there == list(value)
    return held[name] == value and type(held[name]) is type(value)


def _cut(text: str, name: yaml.Node, value: yaml.Node, wanted: object) -> _Cut:
    if wanted is None:
        start = name.start_mark.index - name.start_mark.column
        return _Cut(start, _line_end(text, _stop(value)), "")
    if _is_block(value) and isinstance(wanted, (list, tuple)) and wanted:
        indent = "\n" + " " * value.start_mark.column
        items = indent.join(f"- {scalar(item)}" for item in wanted)
        return _Cut(value.start_mark.index, _stop(value), items)
    start = name.end_mark.index + text[name.end_mark.index :].index(":") + 1
    if not _is_block(value) and value.start_mark.index > start:
        start = value.start_mark.index
        return _Cut(start, max(start, _stop(value)), scalar(wanted))
    return _Cut(start, _stop(value), f" {scalar(wanted)}")


def _is_block(value: yaml.Node) -> bool:
    return isinstance(value, yaml.SequenceNode) and not value.flow_style


def _stop(value: yaml.Node) -> int:
    """Where a value ends; a list of lines ends with its last item, and not before the next name."""
    if isinstance(value, yaml.SequenceNode) and not value.flow_style and value.value:
        return _stop(value.value[-1])
    return int(value.end_mark.index)


def _line_end(text: str, index: int) -> int:
    found = text.find("\n", index)
    return len(text) if found < 0 else found + 1


def _apply(text: str, cuts: Sequence[_Cut]) -> str:
    for cut in sorted(cuts, key=lambda cut: cut.start, reverse=True):
        text = text[: cut.start] + cut.text + text[cut.end :]
    return text


def _end(text: str, new: Mapping[str, object], added: Mapping[str, str]) -> str:
    blocks = [f"{added.get(name, '')}{name}: {scalar(value)}\n" for name, value in new.items()]
    ended = text if not text or text.endswith("\n") or not blocks else f"{text}\n"
    return "\n".join([ended, *blocks]) if blocks else text
