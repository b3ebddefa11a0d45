"""A kernel that is asked to end flushes before it does, and not after that."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from runbook.notebook.jupyter.kernel_end import load_ipython_extension


class Stream:
    """What is printed; to flush it would take 10 s once the kernel ends."""

    def __init__(self) -> None:
        self.flushed = 0
        self.ended = False

    def flush(self) -> None:
        assert not self.ended
        self.flushed += 1


def test_what_is_printed_is_flushed_before_the_end_and_not_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    streams = Stream(), Stream()
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    kernel: Any = SimpleNamespace(do_shutdown=lambda restart: {"restart": restart})
    load_ipython_extension(SimpleNamespace(kernel=kernel))
    assert kernel.do_shutdown(True) == {"restart": True}  # noqa: FBT003 - as ipykernel has it
    for stream in streams:
        stream.ended = True
        stream.flush()
    assert [stream.flushed for stream in streams] == [1, 1]
