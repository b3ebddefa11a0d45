# ruff: noqa: INP001 - IPython reads it as a file
"""What the kernels of .venv leave unsaid; setup puts it into .venv/etc/ipython.

They listen on the loopback alone and sign every message; and whoever ends a
kernel interrupts it first, which is no error.
"""

import gc
import logging

# Imports make 200,000 objects that stay, and a run 100,000 more. To look through them again and
# again would take a tenth of the kernel's time. What waits for the next look is some 50 MB at most.
gc.set_threshold(400_000, 20, 20)

# What an operator meets in a cell is told in an operator's words; and no cell waits for ever.
EXTENSIONS = [
    "cell_errors",
    "typed_parameters",
    "shell_replies",
    "kernel_end",
    "display_flush",
    "debug_log",
    "kernel_signals",
]
PATHS = [f"runbook.notebook.jupyter.{name}" for name in EXTENSIONS]
c.InteractiveShellApp.extensions.extend(PATHS)  # noqa: F821 - IPython has it there

# IPython would keep every cell, and so a password that somebody hands to papermill, in a database
# in the home folder that others may read.
c.HistoryManager.enabled = False  # noqa: F821 - IPython has it there

UNSAID = ("Kernel is running over TCP without encryption", "KeyboardInterrupt caught in kernel")

logging.getLogger("IPKernelApp").addFilter(
    lambda record: not record.getMessage().startswith(UNSAID)
)
