"""A cell that is run while the reply to another goes out is run as well."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from tests.unit.notebook.jupyter.kernels import started

# The moment between a reply's coming and its going out on the socket, drawn out.
SLOW = """
import threading, time, zmq
sends = zmq.Socket.send_multipart
def slowly(self, *args, **kwargs):
    if self.type == zmq.ROUTER and threading.current_thread().name == "Shell channel":
        time.sleep(0.5)
    return sends(self, *args, **kwargs)
zmq.Socket.send_multipart = slowly
"""
PATIENCE_S = 10


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[BlockingKernelClient]:
    """A kernel as scripts/ipython_kernel_config.py makes one."""
    with started(tmp_path) as (_, client):
        yield client


def test_a_request_that_comes_while_a_reply_goes_out_is_answered(
    kernel: BlockingKernelClient,
) -> None:
    kernel.execute_interactive(SLOW, timeout=PATIENCE_S)
    first = kernel.execute("1")
    time.sleep(0.25)
    second = kernel.execute("2")
    assert answered(kernel) == first
    assert answered(kernel) == second


def answered(kernel: BlockingKernelClient) -> str:
    """Which request the next reply is to; queue.Empty where none comes."""
    reply = kernel.get_shell_msg(timeout=PATIENCE_S)
    return str(reply["parent_header"]["msg_id"])
