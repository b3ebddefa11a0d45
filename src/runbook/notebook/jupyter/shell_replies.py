"""A kernel's replies go the way its requests come, so that no cell waits for ever.

ipykernel 7 before 7.4 reads requests through a stream and sends replies past it, on the
stream's own socket. Such a send takes the wake-up of a request that came just then, and
that request is not read until the next one comes: the cell stays at [*], most of the time
the first one. ipykernel 7.4 fixes it as is done here, and breaks buttons in another way
(pyproject.toml). Loaded into each kernel by scripts/ipython_kernel_config.py.
"""

from __future__ import annotations

from typing import Any


def load_ipython_extension(shell: Any) -> None:  # noqa: ANN401 - IPython has no annotations
    """Have this shell's kernel send through its stream.

    Raises AttributeError where ipykernel is built otherwise than it was when this was
    written; the kernel says so in its log and goes on without.
    """
    thread = shell.kernel.shell_channel_thread
    if thread is not None:
        manager = thread.manager
        if not hasattr(manager, "_shell_socket"):
            raise AttributeError("ipykernel's SubshellManager has no _shell_socket")
        # A stream has the one method that the manager calls of its socket.
        manager._shell_socket = shell.kernel.shell_stream  # noqa: SLF001 - nothing else leads there
