"""What emulation needs beside a real host's time limits: each command on the host gets longer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from runbook.apply import phases
from runbook.transport.host import Completed
from runbook.transport.live import LiveHost

# The processor is emulated, on a machine with other work: a real host's second is many there.
SLOWER = 8.0
# Each step may take that much longer too.
DEADLINE_S = 1800


METHODS = ("execute", "query")


def be_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each command on a host, and the step that may cut it off, the time that it needs."""
    monkeypatch.setattr(phases, "CUT_OFF_S", int(phases.CUT_OFF_S * SLOWER))
    for name in METHODS:
        monkeypatch.setattr(LiveHost, name, _longer(getattr(LiveHost, name)))


def stay_patient() -> None:
    """Likewise, as long as this process lives."""
    for name in METHODS:
        setattr(LiveHost, name, _longer(getattr(LiveHost, name)))


@contextmanager
def patience(kind: str) -> Iterator[None]:
    """Be patient with this kind of machine, if it is an emulated one."""
    with pytest.MonkeyPatch.context() as patch:
        if kind == "qemu":
            be_patient(patch)
        yield


def _longer(run: Callable[..., Completed]) -> Callable[..., Completed]:
    def longer(
        host: LiveHost, argv: Sequence[str], *, timeout: float = 30.0, **more: bytes
    ) -> Completed:
        return run(host, argv, timeout=timeout * SLOWER, **more)

    return longer
