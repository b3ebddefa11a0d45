"""Every dataclass that a plan's changes are made of, for reading a plan back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import is_dataclass
from functools import cache
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType

from runbook.plan import changes


def kinds_in(package: ModuleType) -> Iterator[type]:
    """The dataclasses that the modules of a package, and of the packages in it, define."""
    names = sorted(m.name for m in walk_packages(package.__path__, f"{package.__name__}."))
    for module in map(import_module, names):
        for thing in vars(module).values():
            if (
                isinstance(thing, type)
                and is_dataclass(thing)
                and thing.__module__ == module.__name__
            ):
                yield thing


@cache
def kinds() -> tuple[type, ...]:
    """Those of this version."""
    return tuple(kinds_in(changes))
