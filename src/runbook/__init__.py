"""Moves a Debian KVM host's address onto a libvirt bridge, over SSH, with an undo on the host.

The way of a change: `params` -> `transport` -> `state` -> `plan` -> `preflight` -> `apply` ->
`run` -> `records`. A guest comes along in `guest`; `views` and `notebook` show it. `fleet` runs a
notebook for many hosts. `common` is for all, `lab` is the test bed, `cli` the command.
ARCHITECTURE.md is the map.
"""

from __future__ import annotations

import os

# numpy's linear algebra would start a thread for each processor, and each takes a twentieth of a
# second of processor time to find nothing to do. It is asked when numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
