"""Interface files as Debian's installer, cloud images, Proxmox and people write them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from tests.unit import fakes
from tests.unit.fakes import Row

ROOT = Path(__file__).parents[2] / "data/interfaces"
NAMES = tuple(sorted(folder.name for folder in ROOT.iterdir()))
# With commands that hang on the address.
REFUSED = {"hooks": "pre-up  /usr/local/sbin/firewall"}
EDITABLE = tuple(name for name in NAMES if name not in REFUSED)
Turn = Callable[[str], str]


@cache
def _texts(name: str) -> dict[str, str]:
    folder = ROOT / name
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {f"/etc/network/{path.relative_to(folder)}": path.read_text() for path in found}


def files(name: str, turn: Turn = str) -> list[Row]:
    """One host's files, each turned into another form of it."""
    return [fakes.file(path, turn(text)) for path, text in _texts(name).items()]
