"""Names that a notebook holds and no parameter is called.

papermill injects an unknown name with no more than a warning and exit 0, so
that ``-p gatway 172.16.0.2`` would change a host with the old gateway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook.errors import ParameterError
from runbook.params.model import NAMES
from runbook.params.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_PLAIN = (int, str, float, bool, type(None), list, dict)
# IPython's own history of inputs and outputs, a list and a dict.
_IPYTHON = frozenset({"In", "Out"})


def unknown_names(
    namespace: Mapping[str, object], known: Collection[str] = NAMES
) -> tuple[ParameterError, ...]:
    """One error for each public, plain-valued name that is not in `known`."""
    return tuple(
        ParameterError(
            name,
            value,
            "the notebook has no parameter of this name, and papermill only warns",
            nearest(name, known),
        )
        for name, value in namespace.items()
        if _injectable(name, value) and name not in known
    )


def check_names(namespace: Mapping[str, object], known: Collection[str] = NAMES) -> None:
    """Raise the first of `unknown_names`, if there is one."""
    for error in unknown_names(namespace, known):
        raise error


def _injectable(name: str, value: object) -> bool:
    return not name.startswith("_") and name not in _IPYTHON and type(value) in _PLAIN
