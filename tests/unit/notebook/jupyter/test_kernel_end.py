"""A kernel that is asked to end does not wait for a thread that it has stopped."""

from __future__ import annotations

import time
from pathlib import Path

from jupyter_client.manager import KernelManager

CONFIG = Path(__file__).parents[4] / "scripts" / "ipython_kernel_config.py"
# Between the answer that the kernel ends and its last flush, the thread that sends what is printed
# is told to stop and has more to do than this; most often it is the other way round.
STOPPED_FIRST = """
kernel = get_ipython().kernel
plain = kernel._at_shutdown
async def stopped_first():
    await plain()
    kernel.iopub_thread.io_loop.add_callback(kernel.iopub_thread.io_loop.stop)
    kernel.iopub_thread.schedule = lambda _: None
kernel._at_shutdown = stopped_first
"""
# A flush that waits in vain takes 10 s, and there are two.
SOON_S = 9


def test_a_kernel_whose_output_has_stopped_ends_soon_and_by_itself(tmp_path: Path) -> None:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(
        extra_arguments=[f"--config={CONFIG}"], cwd=str(tmp_path), independent=False
    )
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        assert client.execute_interactive(STOPPED_FIRST, timeout=60)["content"]["status"] == "ok"
        client.shutdown()
        begun = time.monotonic()
        while manager.is_alive() and time.monotonic() < begun + SOON_S:
            time.sleep(0.05)
        assert not manager.is_alive()
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
