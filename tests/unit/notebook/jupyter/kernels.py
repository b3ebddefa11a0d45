"""Kernels as scripts/ipython_kernel_config.py makes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

CONFIG = Path(__file__).parents[4] / "scripts" / "ipython_kernel_config.py"


@contextmanager
def started(folder: Path) -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    """One that works in this folder, and whoever asks it; afterwards it is ended at once."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(extra_arguments=[f"--config={CONFIG}"], cwd=str(folder), independent=False)
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
