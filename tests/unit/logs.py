"""The debug log, on a stream of a test's own."""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping

from runbook.common import debug_log


class logging_to:  # noqa: N801 - a context, read as a verb
    """The log on a stream, for a while."""

    def __init__(self, stream: io.StringIO, environ: Mapping[str, str]) -> None:
        self._stream = stream
        self._handler = debug_log.start(stream, environ)

    def __enter__(self) -> io.StringIO:
        return self._stream

    def __exit__(self, *_: object) -> None:
        debug_log.LOG.removeHandler(self._handler)
        debug_log.LOG.setLevel(logging.NOTSET)
        debug_log.LOG.propagate = True
