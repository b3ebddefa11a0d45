"""The result of all sysctl.d(5) files, read in the order of a boot. Pure.

Files go by their names, whatever folder they are in; one in an earlier folder
hides those of the same name in later ones. Of several lines for one parameter
the last counts, and a line that names it outright before any pattern.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from runbook.common import octets, shell_pattern

FOLDERS = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d")
# What systemd-sysctl ends a line at and strips, and the line at which it stops reading a file.
_END = re.compile(r"\r\n|[\r\n\0]")
_BLANK = " \t"
LONGEST_LINE = (1 << 20) - 1
_SWAP = str.maketrans("/.", "./")
# Two names of one switch.
_SAME = {"net.ipv4.conf.all.forwarding": "net.ipv4.ip_forward"}


def assigned(contents: Mapping[str, str], name: str) -> tuple[str, str]:
    """The value that a parameter has after a boot and the file that sets it; both '' if none."""
    exact, by_pattern = ("", ""), ("", "")
    for path in read_order(contents):
        for pattern, value in _lines(contents[path]):
            if pattern == _same(name):
                exact = (value, path)
            elif shell_pattern.matches(_same(name), pattern):
                by_pattern = (value, path)
    return exact if exact[1] else by_pattern


def read_order(contents: Mapping[str, str]) -> tuple[str, ...]:
    """The files that count, in the order in which they are read."""
    by_name: dict[str, str] = {}
    for folder in FOLDERS:
        for path in contents:
            if posixpath.dirname(path) == folder and path.endswith(".conf"):
                by_name.setdefault(posixpath.basename(path), path)
    return tuple(by_name[name] for name in sorted(by_name, key=octets.bytes_of))


def _lines(content: str) -> Iterator[tuple[str, str]]:
    for line in _END.split(content):
        if len(octets.bytes_of(line)) > LONGEST_LINE:
            return
        name, sign, value = line.strip(_BLANK).partition("=")
        if sign and not name.startswith(("#", ";")):
            yield _same(_dotted(name.strip(_BLANK).removeprefix("-"))), value.strip(_BLANK)


def _dotted(name: str) -> str:
    """The name as sysctl(8) writes it: the first separator says which kind it is."""
    separators = [c for c in name if c in "./"]
    return name.translate(_SWAP) if separators[:1] == ["/"] else name


def _same(name: str) -> str:
    return _SAME.get(name, name)
