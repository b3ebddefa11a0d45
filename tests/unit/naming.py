"""A host made of a few files, searched for those that name its NIC."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.unit.fakes import BRIDGE, NIC, FakeHost

from runbook.common import octets
from runbook.state.host import naming_files
from runbook.state.host.naming_files import NamingFiles
from runbook.transport.host import Completed

# `==== LINK -> FILE` is a symbolic link.
LEADS_TO = " -> "


def search(held: Mapping[str, str], root: Path) -> NamingFiles:
    """What the search finds on a host that has these files and no others."""
    return naming_files.read(host_of(held, root), NIC, BRIDGE)


def host_of(held: Mapping[str, str], root: Path) -> FakeHost:
    """A host that has these files and no others, below a folder of its own; its units are enabled.

    The key `LINK -> FILE` is a symbolic link.
    """
    for path, text in held.items():
        name, _, target = path.partition(LEADS_TO)
        place = root / name.removeprefix("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if target:
            place.symlink_to(f"{root}{target}")
        else:
            place.write_bytes(octets.bytes_of(text))

    def answer(argv: Sequence[str]) -> Completed:
        if argv[0] == "systemctl":
            return Completed(tuple(argv), 0, b"enabled\n" * (len(argv) - 3), b"")
        if argv[0] == "ip":
            return Completed(tuple(argv), 0, f"2: {NIC}: <UP> \\    altname wan\n".encode(), b"")
        end = 1 if argv[0] == "find" else list(argv).index("--") + 1
        places = [f"{root}{word}" if word.startswith("/") else word for word in argv[end:]]
        environment = {"LC_ALL": "C", "PATH": os.environ["PATH"]}
        done = subprocess.run(
            [*argv[:end], *places], capture_output=True, check=False, env=environment
        )
        here = str(root).encode()
        said = (text.replace(here, b"") for text in (done.stdout, done.stderr))
        return Completed(tuple(argv), done.returncode, *said)

    host = FakeHost(answers=[answer])
    for path, text in held.items():
        host.hold_bytes(path, octets.bytes_of(text))
    return host
