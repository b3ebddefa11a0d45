"""The operator's own connection to the host, as sshd there sees it.

sshd puts it into the environment of each session. sudo takes it out again, so
it is looked for upwards, from process to parent, until one still has it: the
way to the very session that asks, also beyond a jump host or a shared one.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal

from runbook.state.table import understood
from runbook.transport.host import Reader

# /proc tells nothing of processes that another user may not look into; those are passed by.
SCRIPT = """\
pid=$$
while [ "${pid:-0}" -gt 1 ]; do
    { tr '\\000' '\\n' </proc/$pid/environ | sed -n 's/^SSH_CONNECTION=//p'; } 2>/dev/null
    pid=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$pid/status" 2>/dev/null)
done
"""
COMMAND = ("sh", "-c", SCRIPT)
WORDS = 4
IPV4 = 4
Family = Literal["inet", "inet6"]


@dataclass(frozen=True, slots=True)
class Connection:
    """A TCP connection as its server sees it."""

    client: str
    client_port: int
    server: str
    server_port: int

    @property
    def family(self) -> Family:
        """The family of both addresses."""
        return "inet" if ip_address(self.client).version == IPV4 else "inet6"


@understood
def read(host: Reader) -> Connection | None:
    """The connection; None where no sshd stands above the program that asks."""
    return parse(host.query(COMMAND).stdout.decode(errors="replace"))


def parse(output: str) -> Connection | None:
    """The first line: client, its port, server, its port; ValueError if it is no such line."""
    for line in output.splitlines():
        words = line.split()
        if len(words) != WORDS:
            raise ValueError(f"SSH_CONNECTION is {line!r}")
        client, client_port, server, server_port = words
        return Connection(_bare(client), int(client_port), _bare(server), int(server_port))
    return None


def _bare(address: str) -> str:
    """Without the zone of a link-local address."""
    return str(ip_address(address.partition("%")[0]))
