"""What a host goes through after its change: two boots, restarts, the undo; looked at after each.

`Service` is what has to work on the host before the change and at each later stage. It is asked
from the host itself, and from beyond the router by each new SSH connection.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from tests.lab.packages import install
from tests.lab.test_files import console, params
from tests.matrix.course import (
    FINE,
    PATIENCE_S,
    as_promised,
    change,
    libvirtd,
    networking,
    reboot,
    succeed,
    undone,
)

from runbook.lab.probe import Outage, OutageProbe
from runbook.params import Params

# Who plays a course installs what it is about.
__all__ = ["Service", "install", "play", "watched", "with_consent"]

LONGEST_S = 600


@contextmanager
def watched(
    what: str, request: pytest.FixtureRequest, addresses: Sequence[str], rate: int = 1000
) -> Iterator[list[Outage]]:
    """Probe from beyond the router meanwhile; what was seen stands in the list after it.

    `--junitxml=FILE` keeps the figures of a run.
    """
    probes = [OutageProbe(address, rate=rate, seconds=LONGEST_S) for address in addresses]
    seen: list[Outage] = []
    try:
        yield seen
    finally:
        seen += [probe.stop() for probe in probes]
        named = zip(addresses, map(str, seen), strict=True)
        request.node.user_properties.extend((f"{what}: {address}", text) for address, text in named)


@dataclass(frozen=True, slots=True)
class Service:
    """A shell command that answers the same at every stage, and the units that are restarted."""

    asked: str = "true"
    units: tuple[str, ...] = ()

    def answer(self, host: str) -> bytes:
        """What the command prints, with its exit status."""
        return console(host, f"({self.asked}); echo exit status $?")

    def works_as(self, host: str, before: bytes) -> None:
        """Fail unless the command answers as before, once the host has had time to settle."""
        end = time.monotonic() + PATIENCE_S
        while (now := self.answer(host)) != before and time.monotonic() < end:
            time.sleep(0.5)
        assert now == before, (now.decode(), before.decode())

    def restart(self, host: str) -> None:
        """Restart its units."""
        for unit in self.units:
            succeed(host, "systemctl", "restart", unit)


def with_consent(host: str, *names: str) -> Params:
    """The parameters of a host, with these risks taken."""
    usual = params(host)
    return usual.model_copy(update={"consent": (*usual.consent, *names)})


def play(asked: Params, service: Service | None = None) -> None:
    """Change, two boots, restart of networking, libvirtd and the service, and the undo."""
    host, service = asked.host, service or Service()
    before = service.answer(host)
    assert before.endswith(b"exit status 0\n"), before.decode()
    start, session = change(asked)
    deeds: tuple[Callable[[str], None], ...] = (
        lambda _host: None,
        reboot,
        reboot,
        networking,
        libvirtd,
        service.restart,
    )
    for deed in deeds:
        deed(host)
        said = as_promised(session, start)
        assert said == FINE, (deed.__name__, said)
        service.works_as(host, before)
    said = undone(session, host, start)
    assert said == FINE, said
    service.works_as(host, before)
