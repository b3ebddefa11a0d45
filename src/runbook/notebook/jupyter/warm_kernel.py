"""A kernel that is a fork of the process which becomes papermill, and waits until it is started.

It is forked while that process has no threads. papermill then starts it in place of a new program,
with the same command, environment and folder, if it is the kernel of this Python.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from ipykernel import kernelapp
from jupyter_client.provisioning import local_provisioner

from runbook.notebook.jupyter.fork_end import end_with

# What kernel.json starts, up to the words for the kernel.
COMMAND = (sys.executable, "-m", "ipykernel_launcher")
READY = b"ready"


@dataclass(slots=True)
class Kernel:
    """The forked kernel, as `subprocess.Popen` has it; `way` brings it what to start with."""

    pid: int
    way: socket.socket
    begun: bool = False
    returncode: int | None = None
    stdin: None = None
    stdout: None = None
    stderr: None = None

    def start(self, argv: Sequence[str], environ: Mapping[str, str], cwd: str | None) -> None:
        """Have it begin."""
        self.begun = True
        with self.way as way:
            # It has left papermill's group by then, so an interrupt of the one is not of the other.
            way.recv(len(READY))
            way.sendall(json.dumps((list(argv), dict(environ), cwd)).encode())

    def poll(self) -> int | None:
        """Its exit status, None while it is at work."""
        return self._reaped(os.WNOHANG)

    def wait(self) -> int | None:
        """Its exit status."""
        return self._reaped(0)

    def send_signal(self, number: int) -> None:
        """To the kernel alone; nothing if it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _reaped(self, how: int) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, how)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


def prepare(*close: int) -> None:
    """Fork a kernel, which gives up these files, and have papermill start it as its kernel."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if not pid:
        ours.close()
        for file in close:
            os.close(file)
        _be_kernel(theirs)
    theirs.close()
    # Where jupyter_client takes the function from that starts a program.
    module: Any = local_provisioner
    kernel, plain = Kernel(pid, ours), module.launch_kernel

    def launch(cmd: list[str], **how: Any) -> Any:  # noqa: ANN401 - what jupyter_client hands on
        if kernel.begun or tuple(cmd[: len(COMMAND)]) != COMMAND:
            return plain(cmd, **how)
        kernel.start(cmd, how.get("env") or os.environ, how.get("cwd"))
        return kernel

    module.launch_kernel = launch


def _be_kernel(way: socket.socket) -> NoReturn:
    os.setsid()
    with way, suppress(ConnectionError):
        way.sendall(READY)
        order = way.makefile("rb").read()
    if not order:
        # Another kernel was started, or none.
        os._exit(0)
    argv, environ, cwd = json.loads(order)
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(cwd or ".")
    # ipykernel has read the environment for its parent when it was imported.
    parent = f"--IPKernelApp.parent_handle={os.getppid()}"
    sys.argv = ["ipykernel_launcher", *argv[len(COMMAND) :], parent]
    end_with(kernelapp.launch_new_instance)
