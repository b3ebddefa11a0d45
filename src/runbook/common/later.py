"""Imports that most runs do without: pandas, and all of pyroute2 but its messages.

pandas takes a quarter of a second. Most runs show and record their tables without it; it is for
those who work with a table in a cell. Whoever imports a module of pyroute2 gets 150 others, because
the package imports each of its parts; here it does so only when something of itself is asked for.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import TYPE_CHECKING, Any

__all__ = ["PartsLater", "pd"]


class _Later(ModuleType):
    """Stands for a module, and imports it when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the module has
        return getattr(importlib.import_module(self.__name__), name)


if TYPE_CHECKING:
    import pandas as pd
else:
    pd = _Later("pandas")


class PartsLater(MetaPathFinder):
    """Finds one package, which then imports its parts when something of the package is asked for.

    Its modules are imported as always.
    """

    def __init__(self, package: str) -> None:
        """The package's name."""
        self._package = package

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What to load it by; None for anything else."""
        if fullname != self._package:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec and type(spec.loader) is SourceFileLoader:
            spec.loader = _UnreadLoader(fullname, spec.loader.path)
        return spec


class _UnreadLoader(SourceFileLoader):
    """Leaves the package's own file unread at first."""

    def exec_module(self, module: ModuleType) -> None:
        module.__class__ = _Unread


class _Unread(ModuleType):
    """A package whose own file is read when a name of it is asked for."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the package has
        # Whoever looks through all modules asks for names of this form.
        if name.startswith("__") and name != "__version__":
            raise AttributeError(name)
        module = f"{self.__name__}.{name}"
        if PathFinder.find_spec(module, self.__path__):
            return importlib.import_module(module)
        with _READING:
            if not self.__dict__.get("_is_read"):
                self.__dict__["_is_read"] = True
                SourceFileLoader(self.__name__, str(self.__file__)).exec_module(self)
        try:
            return self.__dict__[name]
        except KeyError:
            raise AttributeError(f"{self.__name__} has no {name}") from None


_READING = threading.RLock()
