"""This machine's wall clock stepped while somebody holds on to standard input, then put back.

    python -m tests.faults.clock SECONDS

A process of its own, because the hosts share this clock (a time namespace has
clocks of its own only for the time since boot): whoever asked for the step may be
killed, and the end of standard input still comes.
"""

from __future__ import annotations

import select
import sys
import time

LONGEST_S = 300.0


def main(seconds: float) -> None:
    """Step, say so, wait, and go back to where the clock would be by now."""
    ahead_of_boot = time.clock_gettime(time.CLOCK_REALTIME) - time.monotonic()
    try:
        _set(ahead_of_boot + seconds)
        sys.stdout.write("stepped\n")
        sys.stdout.flush()
        select.select([sys.stdin], [], [], LONGEST_S)
    finally:
        _set(ahead_of_boot)


def _set(ahead_of_boot: float) -> None:
    time.clock_settime(time.CLOCK_REALTIME, ahead_of_boot + time.monotonic())


if __name__ == "__main__":
    main(float(sys.argv[1]))
