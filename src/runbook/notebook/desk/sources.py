"""Where this version's notebooks are: in the checkout, or beside an installed package."""

from __future__ import annotations

import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[4] / "notebooks"
INSTALLED = Path(sys.prefix) / "share" / "runbook" / "notebooks"


def notebooks() -> Path:
    """The folder of the notebooks; they are never run in place."""
    return CHECKOUT if CHECKOUT.is_dir() else INSTALLED
