"""Lines of ifupdown for a gateway off the link: the route to it, and the one by it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from runbook.guest.configure.guest_edit import DesiredNetwork

_COMMAND = re.compile(
    r"\s*(?P<hook>up|post-up|down|pre-down|post-down)\s+(?:/s?bin/|/usr/s?bin/)?ip\s+(?:-4\s+)?"
    r"r(?:oute)?\s+(?P<verb>add|replace|append|del|delete)\s+(?P<to>\S+)"
    r"(?:\s+via\s+(?P<via>\S+))?(?:\s+dev\s+\S+)?(?:\s+onlink)?(?:\s*\|\|\s*true)?\s*"
)
_ALL = ("default", "0.0.0.0/0")


def is_of(line: str, desired: DesiredNetwork) -> bool:
    """Whether the line's command is about one of the two routes of the gateway."""
    return bool(_route(line, desired))


def is_whole(lines: Iterable[str], desired: DesiredNetwork) -> bool:
    """Whether these lines make both routes, the one to the gateway first."""
    made = [_route(line, desired) for line in lines if not re.match(r"\s*\S*down\b", line)]
    return [route for route in made if route] == ["link", "default"]


def _route(line: str, desired: DesiredNetwork) -> str:
    found = _COMMAND.fullmatch(line)
    if not found or not desired.off_link:
        return ""
    to, via = found["to"], found["via"]
    if via is None and to.removesuffix("/32") == desired.gateway:
        return "link"
    return "default" if via == desired.gateway and to in _ALL else ""
