"""Names that a notebook holds and no parameter is called.

papermill injects an unknown name with no more than a warning and exit 0, so
that ``-p gatway 172.16.0.2`` would change a host with the old gateway.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from runbook.common.errors import ParameterError
from runbook.common.redact import quotable
from runbook.params.model import NAMES
from runbook.params.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_PLAIN = (int, str, float, bool, type(None), list, dict)
# What IPython keeps in a notebook's namespace, and Python's own names.
_IPYTHON = re.compile(r"_{1,3}|_i{1,3}|_i?\d+|_[iod]h|_exit_code|__\w+__")
# IPython's history of inputs and outputs, each under two names.
_HISTORY = {"In": "_ih", "Out": "_oh"}
# The name by which each notebook calls this package.
_RESERVED = "nb"
# How the cell begins that papermill injects.
_INJECTED = "# Parameters\n"


def unknown_names(
    namespace: Mapping[str, object], known: Collection[str] = NAMES
) -> tuple[ParameterError, ...]:
    """One error for each plain-valued or injected name that is not in `known`."""
    held = {n: v for n, v in namespace.items() if _is_foreign(n, namespace)}
    found = {**_last_injected(namespace.get("In")), **held}
    return tuple(
        ParameterError(name, quotable(name, value), _problem(name), nearest(name, known))
        for name, value in found.items()
        if name not in known
    )


def check_names(namespace: Mapping[str, object], known: Collection[str] = NAMES) -> None:
    """Raise the first of `unknown_names`, if there is one."""
    for error in unknown_names(namespace, known):
        raise error


def _problem(name: str) -> str:
    if name == _RESERVED or name in _HISTORY:
        return (
            "the notebook needs this name for itself, and papermill gives only a warning for this"
        )
    return "the notebook has no parameter of this name, and papermill gives only a warning for this"


def _is_foreign(name: str, namespace: Mapping[str, object]) -> bool:
    """Whether the name holds a plain value that neither IPython nor Python put there."""
    value = namespace[name]
    if name in _HISTORY:
        return value is not namespace.get(_HISTORY[name])
    return type(value) in _PLAIN and not _IPYTHON.fullmatch(name)


def _last_injected(history: object) -> dict[str, object]:
    """What papermill's cell assigned: a later cell may have covered it with a value of its own."""
    cells = history if isinstance(history, list) else []
    injected = [str(cell) for cell in cells if str(cell).startswith(_INJECTED)]
    return dict(_assigned(injected[-1])) if injected else {}


def _assigned(source: str) -> Iterator[tuple[str, object]]:
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return
    for statement in statements:
        if isinstance(statement, ast.Assign):
            names = (target.id for target in statement.targets if isinstance(target, ast.Name))
            yield from ((name, ast.unparse(statement.value)) for name in names)
