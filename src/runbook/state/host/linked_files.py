"""Symbolic links that lead out of the places that are searched, as to a checkout of one's own.

`grep -r` passes over them, and the program that reads such a file does not.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from runbook.common import octets
from runbook.common.errors import ReadFailed
from runbook.transport.host import Reader

# Places of Debian packages, of the kernel and of what lasts until the next boot only.
OF_OTHERS = ("/usr", "/lib", "/bin", "/sbin", "/proc", "/sys", "/dev", "/run", "/var/lib/dpkg")
MOST = 100
_LINK = re.compile(rb"([^\0]+)\0([^\0]+)\0")


def find(host: Reader, trees: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """The links, in the order of their paths, and whether these are all."""
    done = host.query(
        ["find", *trees, "-xdev", "-type", "l", "-xtype", "f,d", "-printf", r"%p\0%l\0"]
    )
    if done.returncode > 1:
        raise ReadFailed(
            f"links to other files cannot be searched: {octets.text_of(done.stderr).strip()}",
            host=host.name,
            state="nothing was written",
            then="run `find /etc -type l` on the host as root, and see what it says",
        )
    pairs = [(octets.text_of(a), octets.text_of(b)) for a, b in _LINK.findall(done.stdout)]
    leading = sorted(path for path, target in pairs if _leads_out(path, target, trees))
    return tuple(leading[:MOST]), len(leading) <= MOST


def _leads_out(path: str, target: str, trees: Sequence[str]) -> bool:
    whole = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    # A whole file system, or a folder at its root, is not searched for a name.
    if whole.count("/") < 2:  # noqa: PLR2004 (two folders)
        return False
    within = (*OF_OTHERS, *trees)
    local = whole.startswith("/usr/local/")
    return local or not any(whole == tree or whole.startswith(f"{tree}/") for tree in within)
