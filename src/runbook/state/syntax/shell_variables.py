"""Variables of a shell script, or of a unit's environment, that hold a name. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

# `NIC=eth0`, `export NIC="eth0"`, `Environment=NIC=eth0`, `NIC=${1:-eth0}`, `for nic in eth0 eth1`.
_ASSIGNED = r"(?:^|[\s\"';(=])([A-Za-z_]\w*)=[\"']?(?:\$\{\w+:?[-=])?NAME"
_LOOPED = r"\bfor\s+([A-Za-z_]\w*)\s+in\b[^;]*?(?<![\w.-])NAME"


def holding(texts: Iterable[str], name: str) -> frozenset[str]:
    """The variables that a line gives the name to."""
    called = rf"{re.escape(name)}(?![\w-]|\.\d)"
    patterns = [pattern.replace("NAME", called) for pattern in (_ASSIGNED, _LOOPED)]
    return frozenset(v for text in texts for p in patterns for v in re.findall(p, text))


def filled_in(text: str, variables: Iterable[str], name: str) -> str:
    """The line with the name in the place of these variables."""
    for variable in variables:
        text = re.sub(rf"\$(?:{variable}\b|\{{{variable}\}})", name, text)
    return text
