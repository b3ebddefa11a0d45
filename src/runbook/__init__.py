"""Moves a Debian KVM host's address onto a libvirt bridge, over SSH, with an undo on the host.

The way of a change: `params` -> `transport` -> `state` -> `plan` -> `preflight` -> `apply` ->
`run` -> `records`. A guest comes along in `guest`; `views` and `notebook` show it. `fleet` runs a
notebook for many hosts. `common` is for all, `lab` is the test bed, `cli` the command.
ARCHITECTURE.md is the map.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys

from runbook.common.later import PartsLater

# numpy's linear algebra would start a thread for each processor, and each takes a twentieth of a
# second of processor time to find nothing to do. numpy reads this when it is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# A process that ends would look through all of its objects for garbage, four times. It takes longer
# than to import pandas.
atexit.register(gc.freeze)
# Of pyroute2 this package needs the messages of the kernel, and not its 150 other modules.
sys.meta_path.insert(0, PartsLater("pyroute2"))
