"""Says in an operator's words what is wrong with a value typed into the parameters cell.

Python's own words for `host = server-02` speak of decimal integers and octal prefixes. This looks
at the cell before Python does, in each kernel that scripts/ipython_kernel_config.py sets up.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Collection, Iterator
from typing import Any

from runbook.common.errors import ParameterError

_ASSIGNED = re.compile(r"([a-z_]+)(?: *: *[a-z]+)? *=(?!=)(.*)")
# Each parameters cell has at least as many lines; a cell of an operator's own seldom has.
_MANY = 5
_QUOTES = "\"'“”„‘’‚«»"  # noqa: RUF001 - what a keyboard, or a text program, puts in their place
_SAME_QUOTES = "“”„‘’‚«»"  # noqa: RUF001 - likewise


class NotAValue(ParameterError):
    """What was typed for a parameter is nothing that Python reads as a value."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback."""
        return [str(self)]


def load_ipython_extension(shell: Any) -> None:  # noqa: ANN401 - IPython has no annotations
    """Have this shell look at each cell before Python parses it."""

    def look(lines: list[str]) -> list[str]:
        check("".join(lines), {*vars(builtins), *shell.user_ns})
        return lines

    shell.input_transformers_post.append(look)


def check(cell: str, names: Collection[str]) -> None:
    """Raise NotAValue for the first value of a parameters cell that Python cannot read.

    `names` are the names that have a value in the notebook. Any other cell is Python's own.
    """
    values = list(_values(cell))
    if len(values) < _MANY or not {"host", "hosts"} & set(dict(values)):
        return
    for name, typed in values:
        if not _is_read(typed, names):
            raise _not_read(name, typed)


def _values(cell: str) -> Iterator[tuple[str, str]]:
    """Each line that gives a name a value; nothing where the cell has other lines too."""
    lines = [line for line in cell.splitlines() if line.strip() and not line.startswith("#")]
    found = [_ASSIGNED.fullmatch(line) for line in lines]
    for match in found if all(found) else ():
        if match:
            yield match[1], _without_comment(match[2])


def _without_comment(text: str) -> str:
    """The value; a `#` in quotes belongs to it."""
    quote = ""
    for at, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign == "#":
            return text[:at].strip()
        elif sign in "\"'":
            quote = sign
    # A quote that is not closed would have taken the comment with it.
    return (text.partition("  #")[0] if quote else text).strip()


def _is_read(typed: str, names: Collection[str]) -> bool:
    """Whether Python reads it, and knows every name in it."""
    try:
        tree = ast.parse(typed, mode="eval")
    except SyntaxError:
        return False
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return used <= set(names)


def _not_read(name: str, typed: str) -> NotAValue:
    meant = typed.strip(_QUOTES + " ").replace('"', "")
    if not typed:
        return NotAValue(name, typed, "there is no value after the =", f"write {name} = None")
    if meant in ("true", "false", "none"):
        fix = f"write {name} = {meant.capitalize()}"
        return NotAValue(name, typed, "Python writes this word with a capital letter", fix)
    problem = "it is text, and text needs quotes"
    if typed[0] in _SAME_QUOTES:
        problem = "text needs straight quotes, and these are others"
    elif typed[0] in _QUOTES:
        problem = "a quote is missing at its end"
    return NotAValue(name, typed, problem, f'write {name} = "{meant}", then run this cell again')
