"""What the programs an operator would type print of each table, word for word.

Nothing is decided by it: it stands beside the tables, so that whoever knows
these programs can see for themselves. None of them prints a secret, and none
that is missing, fails or does not end in time keeps a host from being read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from runbook.common import octets
from runbook.common.errors import ReadFailed
from runbook.common.redact import redact_text
from runbook.state import firewall, sysctl
from runbook.transport.host import Reader

NOT_FOUND = 127
PATIENCE_S = 5.0
# More than anybody reads; a full routing table is in the snapshot.
MOST_LETTERS = 64 * 1024
MOST_NAMES, MOST_WORDS = 400, 5
LIBVIRT = ("virsh", "--connect", "qemu:///system")
# By the table that each tells of. Of all tables, `ip route` shows both families.
COMMANDS = (
    ("links", ("ip", "-details", "link")),
    ("bridge_ports", ("bridge", "-details", "link")),
    ("addresses", ("ip", "address")),
    ("routes", ("ip", "route", "show", "table", "all")),
    ("rules", ("ip", "rule")),
    ("rules", ("ip", "-6", "rule")),
    ("neighbours", ("ip", "neighbour")),
    ("nftables", ("nft", "list", "ruleset")),
    ("networks", (*LIBVIRT, "net-list", "--all")),
    ("guests", (*LIBVIRT, "list", "--all")),
)


@dataclass(frozen=True, slots=True)
class CommandOutput:
    """One command: the table that it belongs to, its argv, exit status and output.

    `status` is None where it was not there, not asked or did not end; `text` says why.
    """

    table: str
    argv: tuple[str, ...]
    status: int | None
    text: str

    @property
    def command(self) -> str:
        """As it would be typed; of very many names, the first."""
        words = " ".join(self.argv[:MOST_WORDS])
        return words if len(self.argv) <= MOST_WORDS else f"{words} …"


def read(host: Reader) -> tuple[CommandOutput, ...]:
    """Ask each in turn; raises ConnectionLost, and nothing for a program that fails."""
    return tuple(_ask(host, table, argv) for table, argv in (*COMMANDS, *_commands(host)))


def dumps(rows: Iterable[CommandOutput]) -> str:
    """The rows as JSON text."""
    document = json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False)
    return octets.valid_json(document) + "\n"


def _ask(host: Reader, table: str, argv: tuple[str, ...]) -> CommandOutput:
    try:
        done = host.query(argv, timeout=PATIENCE_S)
    except ReadFailed as error:
        return CommandOutput(table, argv, None, error.what)
    if done.returncode == NOT_FOUND:
        return CommandOutput(table, argv, None, f"{argv[0]} is missing on the host")
    words = done.stdout if done.returncode == 0 else done.stderr + done.stdout
    return CommandOutput(
        table, argv, done.returncode, _cut(redact_text(words.decode(errors="replace")))
    )


def _commands(host: Reader) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Commands that depend on what the host has."""
    for source in firewall.SOURCES:
        if not source.gate or _has_tables(host, source.gate):
            yield "firewall", (source.program, "-c")
    if names := _names(host)[:MOST_NAMES]:
        yield "sysctl", ("sysctl", *names)


def _has_tables(host: Reader, gate: str) -> bool:
    """Merely running a legacy program loads its kernel modules."""
    try:
        (names,) = host.read_files([gate])
    except ReadFailed:
        return False
    return names is not None and bool(names.content.strip())


def _names(host: Reader) -> list[str]:
    try:
        paths = host.glob(*(sysctl.ROOT + pattern for pattern in sysctl.PATTERNS))
    except ReadFailed:
        return []
    return [sysctl.name_of(path) for path in paths]


def _cut(text: str) -> str:
    """Whole lines, as many as there is room for."""
    if len(text) <= MOST_LETTERS:
        return text
    head = text[:MOST_LETTERS].rpartition("\n")[0]
    cut = len(text.splitlines()) - len(head.splitlines())
    return f"{head}\n… and {cut:,} more lines, which are not kept"
