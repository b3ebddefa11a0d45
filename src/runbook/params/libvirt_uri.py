"""The libvirt URIs that lead to the host that is asked for, and to no other machine."""

from __future__ import annotations

import re
from urllib.parse import unquote

from runbook.params import destination as destinations
from runbook.params.fields import Wrong

LOCAL = "qemu:///system"
_FORM = re.compile(
    r"qemu\+ssh://(?:[A-Za-z0-9_.+$%-]+@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::[0-9]+)?"
    r"/system(?:\?(?P<query>[!-\"$-~]*))?"
)
# What cannot lead elsewhere. Among the others are `command` (a program instead of ssh), `no_verify`
# (no check of the host's key), `netcat` and `socket`.
HARMLESS = frozenset(("keyfile", "mode", "no_tty", "proxy"))


def check(uri: str, connect: str, destination: str) -> None:
    """Raise Wrong for a URI that does not lead to the host the way that `connect` does."""
    if connect == "recorded":
        return
    if connect in ("local", "sudo"):
        if uri != LOCAL:
            raise _wrong(f"connect is '{connect}', and this URI may lead to another machine")
        return
    form = _FORM.fullmatch(uri)
    if form is None:
        raise _wrong("it is not of the form qemu+ssh://HOST/system, which uses ssh as runbook does")
    to = destinations.parse(destination)
    if to is None or form["host"].strip("[]").lower() != to.host.lower():
        raise _wrong(f"it names {form['host']}, and ssh goes to {destination}")
    # libvirt parts them by either sign, and knows them in capitals too.
    parts = filter(None, re.split("[&;]", form["query"] or ""))
    odd = sorted({unquote(part.partition("=")[0]) for part in parts} - HARMLESS)
    if odd:
        raise _wrong(f"the option '{odd[0]}' can make libvirt connect to another machine")


def _wrong(problem: str) -> Wrong:
    return Wrong(
        problem,
        "leave libvirt_uri out: it follows from `connect` and `destination`; put ports, keys and"
        " jump hosts into the ssh configuration",
        "libvirt_uri",
    )
