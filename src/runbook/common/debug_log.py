"""RUNBOOK_LOG=debug: each connection, request, libvirt call and step, its end and its time.

Only `start` has anything written. A log that cannot be written stops nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TextIO

from runbook.common.printable import printable
from runbook.common.redact import redact_prose, secrets_in, without

VARIABLE, DEBUG = "RUNBOOK_LOG", "debug"
LOG = logging.getLogger("runbook")
# A script among the arguments would fill the screen.
_LONGEST = 400


class _Quiet(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Lose the line: a full disk must not stop an undo."""


class _Redacted(logging.Formatter):
    """One line a record, in UTC, without the values of what has a secret's name."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__("%(asctime)s %(message)s")
        self._secrets = secrets

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's own name
        del datefmt
        stamp = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return stamp.replace("+00:00", "Z")

    def format(self, record: logging.LogRecord) -> str:
        line = redact_prose(without(super().format(record), self._secrets))
        return printable(" ".join(line.split())[:_LONGEST])


def is_asked_for(environ: Mapping[str, str]) -> bool:
    """Whether the environment asks for a log."""
    return environ.get(VARIABLE) == DEBUG


def start(stream: TextIO, environ: Mapping[str, str]) -> logging.Handler:
    """Log to the stream from now on; secrets that the environment holds are left out too."""
    handler = _Quiet(stream)
    handler.setFormatter(_Redacted(secrets_in(environ)))
    LOG.addHandler(handler)
    LOG.setLevel(logging.DEBUG)
    # Whoever configures the root logger would write each line a second time.
    LOG.propagate = False
    return handler


@dataclass(slots=True)
class Timing:
    """Something that takes a while; `status` is how it ended."""

    about: str
    status: object = "ok"
    begun: float = field(default_factory=time.monotonic)

    def end(self, status: object = None) -> None:
        """Log what it was, how it ended and the milliseconds since it began."""
        took_ms = (time.monotonic() - self.begun) * 1000
        LOG.debug("%s -> %s, %.0f ms", self.about, status or self.status, took_ms)


@contextmanager
def timed(about: str) -> Iterator[Timing]:
    """Log a block: set `status` if it ends by more than 'ok' or an error."""
    timing = Timing(about)
    try:
        yield timing
    except BaseException as error:
        timing.status = type(error).__name__
        raise
    finally:
        timing.end()
