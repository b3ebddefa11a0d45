"""Read by Python at start-up: in a notebook's kernel, stop at the points where a fault may come."""

import os
import sys

if os.environ.get("RUNBOOK_FAULT_POINTS") and "ipykernel_launcher" in sys.orig_argv:
    from tests.faults import points

    points.install(os.environ["RUNBOOK_FAULT_POINTS"])
