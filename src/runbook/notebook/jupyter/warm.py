"""The process of a fleet run that imports what a run needs, and forks papermill for each host.

`fleet/warm.py` starts it, with a socket that brings the orders. This process runs no notebook and
starts no thread, so each fork begins with the same modules and nothing of another host. Each
papermill gets SIGINT when this process ends, and undoes its change.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import re
import select
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from runbook.common import handed_files
from runbook.fleet.warm import Order
from runbook.notebook.jupyter.fork_end import end_with
from runbook.notebook.jupyter.unattended import mark_papermill

# What papermill and a kernel import by themselves, and what the cells of every notebook need.
LIBRARIES = (
    *("papermill.cli", "runbook.notebook.jupyter.warm_kernel"),
    *("ipykernel.ipkernel", "ipykernel.debugger", "IPython.extensions.storemagic"),
    "tornado.platform.asyncio",
    *("runbook.notebook.archive", "runbook.notebook.jupyter.cell_errors"),
)
# A fork that looked for garbage as often as Python does by itself would do little else.
COLLECTED = (50_000, 20, 20)
# The packages of this project that the cells of a notebook import.
_CELLS = re.compile(r"from (runbook\.notebook\.\w+) import cells")
# prctl(2).
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15


@dataclass(slots=True)
class Server:
    """Takes orders until their sender is gone; in each fork it gives up all that it held."""

    orders: socket.socket
    pid: int = field(default_factory=os.getpid)
    _runs: dict[int, tuple[int, socket.socket]] = field(default_factory=dict)
    _poll: select.poll = field(default_factory=select.poll)

    def serve(self) -> Callable[[], None]:
        """Return only in a fork, with what it is to do."""
        self._poll.register(self.orders, select.POLLIN)
        while True:
            # One event each time: what follows may be of a file that the first one closes.
            fd, _ = self._poll.poll()[0]
            if fd in self._runs:
                self._report(fd)
            elif fd != self.orders.fileno():
                self._interrupt(fd)
            elif begun := self._take():
                return begun

    def _take(self) -> Callable[[], None] | None:
        received = Order.receive(self.orders)
        if received is None:
            # At once: the death signal of the runs waits for it.
            os._exit(0)
        order, (reply_fd, log, lock) = received
        reply = socket.socket(fileno=reply_fd)
        if _is_closed(reply):
            _close(reply_fd, log, lock)
            return None
        child = os.fork()
        if not child:
            self._forget()
            reply.close()
            return lambda: _be_papermill(order, log, lock, self.pid)
        _close(log, lock)
        self._watch(child, reply)
        return None

    def _watch(self, child: int, reply: socket.socket) -> None:
        ended = os.pidfd_open(child)
        self._runs[ended] = child, reply
        self._poll.register(ended, select.POLLIN)
        # Only that it is closed: nothing comes this way.
        self._poll.register(reply, 0)
        _send(reply, child)

    def _report(self, ended: int) -> None:
        child, reply = self._runs.pop(ended)
        _, status = os.waitpid(child, 0)
        self._poll.unregister(ended)
        with suppress(KeyError):
            self._poll.unregister(reply)
        os.close(ended)
        _send(reply, os.waitstatus_to_exitcode(status))
        reply.close()

    def _interrupt(self, reply_fd: int) -> None:
        """Nobody waits for this run any more: it is to end, and to undo."""
        self._poll.unregister(reply_fd)
        for child, reply in self._runs.values():
            if reply.fileno() == reply_fd:
                os.kill(child, signal.SIGINT)

    def _forget(self) -> None:
        self.orders.close()
        for ended, (_, reply) in self._runs.items():
            os.close(ended)
            reply.close()


def _is_closed(reply: socket.socket) -> bool:
    poll = select.poll()
    poll.register(reply, 0)
    return bool(poll.poll(0))


def _send(reply: socket.socket, number: int) -> None:
    # Who does not wait any more is interrupted for it.
    with suppress(OSError):
        reply.send(str(number).encode())


def _close(*files: int) -> None:
    for file in files:
        os.close(file)


def _be_papermill(order: Order, log: int, lock: int, server: int) -> NoReturn:
    """As `python -m papermill` is; the kernel is forked first, while there is no thread."""
    # Imported by `warm_up`, which looks for no garbage meanwhile.
    from papermill.cli import papermill  # noqa: PLC0415

    from runbook.notebook.jupyter import warm_kernel  # noqa: PLC0415

    os.setsid()
    _end_with(server)
    # What `ps -e` and `top` show; it has room for 15 bytes.
    ctypes.CDLL(None).prctl(_PR_SET_NAME, order.host.encode())
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    warm_kernel.prepare(lock)
    mark_papermill(os.environ, os.getpid())
    sys.argv = ["papermill", *order.words]
    end_with(papermill)


def _end_with(server: int) -> None:
    """Get SIGINT when the server dies, as `setpriv --pdeathsig` has it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
    if os.getppid() != server:
        # It died before that.
        sys.exit(1)


def warm_up(notebook: Path) -> None:
    """Import what a run of the notebook will."""
    # Nobody debugs these kernels, so that a debugger would miss breakpoints is nothing to warn of.
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    # Nothing that is imported is garbage.
    gc.disable()
    for name in LIBRARIES:
        importlib.import_module(name)
    with suppress(OSError, ValueError):
        for package in _CELLS.findall(handed_files.text(notebook)):
            importlib.import_module(f"{package}.cells")
    # A fork shares what no collector writes to.
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(*COLLECTED)


def main(orders: str, notebook: str) -> None:
    """Serve, and in a fork be papermill."""
    warm_up(Path(notebook))
    Server(socket.socket(fileno=int(orders))).serve()()


if __name__ == "__main__":
    main(*sys.argv[1:])
