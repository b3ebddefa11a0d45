"""Read by Python at start-up: kernel and papermill are hit where a test wants it."""

import os
import sys

if os.environ.get("RUNBOOK_FAULT_POINTS") and "ipykernel_launcher" in sys.orig_argv:
    from tests.faults import points

    points.install(os.environ["RUNBOOK_FAULT_POINTS"])

if os.environ.get("RUNBOOK_FAULT_SLOW") and "ipykernel_launcher" in sys.orig_argv:
    from tests.faults import boundaries

    boundaries.slow_down(os.environ["RUNBOOK_FAULT_SLOW"])

if os.environ.get("RUNBOOK_FAULT_SIGNAL") and sys.orig_argv[1].endswith("/papermill"):
    from tests.faults import boundaries

    boundaries.install(os.environ["RUNBOOK_FAULT_SIGNAL"])

if os.environ.get("RUNBOOK_FAULT_EMULATED") and "ipykernel_launcher" in sys.orig_argv:
    from tests.lab import emulated

    emulated.stay_patient()
