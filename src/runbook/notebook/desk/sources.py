"""This version's notebooks, in the checkout or beside an installed package, and their version."""

from __future__ import annotations

import json
import sys
from importlib import metadata
from pathlib import Path

CHECKOUT = Path(__file__).parents[4]
INSTALLED = Path(sys.prefix) / "share" / "runbook"
# In a notebook's metadata, which version it was copied from.
KEY = "runbook"


def _root() -> Path:
    return CHECKOUT if (CHECKOUT / "notebooks").is_dir() else INSTALLED


def notebooks() -> Path:
    """The folder of the notebooks; they are never run in place."""
    return _root() / "notebooks"


def example() -> tuple[Path, ...]:
    """The recorded host to rehearse on."""
    return tuple(_root() / "params" / name for name in ("example.yaml", "example.json"))


def version() -> str:
    """The version of the package that runs."""
    try:
        return metadata.version("runbook")
    except metadata.PackageNotFoundError:
        return "not installed"


def stamped(source: Path) -> bytes:
    """A notebook's content for a copy, which says from which version it is."""
    notebook = json.loads(source.read_text("utf-8"))
    notebook["metadata"][KEY] = {"version": version()}
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()
