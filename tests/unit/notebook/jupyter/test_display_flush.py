from __future__ import annotations

import io
import sys
from types import SimpleNamespace

import pytest

from runbook.notebook.jupyter import display_flush


class Stream(io.StringIO):
    """As ipykernel's: text is in `_buffers` until it is sent."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._buffers = {"cell": text} if text else {}


@pytest.mark.parametrize(
    ("out", "err", "waits"),
    [
        (Stream(), Stream(), False),
        (Stream("printed"), Stream(), True),
        (Stream(), Stream("a warning"), True),
        # What is not ipykernel's may hold anything.
        (io.StringIO(), Stream(), True),
    ],
)
def test_a_drawing_waits_for_text_only_where_there_is_some(
    monkeypatch: pytest.MonkeyPatch, out: io.StringIO, err: io.StringIO, *, waits: bool
) -> None:
    waited: list[str] = []
    publisher = SimpleNamespace(_flush_streams=lambda: waited.append("once"))
    display_flush.load_ipython_extension(SimpleNamespace(display_pub=publisher))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    publisher._flush_streams()  # noqa: SLF001 - what ipykernel calls
    assert bool(waited) is waits
