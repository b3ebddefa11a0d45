"""The known name that is nearest to an unknown one."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


def nearest(name: str, known: Collection[str]) -> str:
    """Say what may have been meant, or list what there is.

    Returns a sentence, e.g. "did you mean 'gateway'?".
    """
    found = difflib.get_close_matches(name.lower(), sorted(known), n=1, cutoff=0.6)
    if found:
        return f"did you mean '{found[0]}'?"
    return f"known: {', '.join(sorted(known))}" if known else "none is known"
