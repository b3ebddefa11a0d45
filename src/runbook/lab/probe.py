"""The lab's measure of an outage: probes from beyond the router, across whatever happens."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from runbook.lab import shell
from runbook.lab.names import OPERATOR

MOST_RATE = 5000
MOST_SECONDS = 600
PROBER = Path(__file__).with_name("prober.py")


@dataclass(frozen=True, slots=True)
class Outage:
    """Probes sent; those without an answer in two seconds; longest outage and round trip in ms."""

    sent: int
    lost: int
    longest_gap_ms: float
    longest_rtt_ms: float


class OutageProbe:
    """A probe in progress; `result` waits for its end, `stop` ends it early."""

    def __init__(
        self, address: str, *, rate: int = 1000, seconds: float = 10.0, place: str = OPERATOR
    ) -> None:
        """Begin to probe `address` `rate` times a second; from ROUTER, it is a probe of the LAN."""
        if not 0 < rate <= MOST_RATE or not 0 < seconds <= MOST_SECONDS:
            raise shell.failed(
                "probe",
                f"rate {rate}/s for {seconds} s is out of bounds",
                f"stay below {MOST_RATE}/s and {MOST_SECONDS} s",
            )
        self._process = subprocess.Popen(
            (
                *("ip", "netns", "exec", place, sys.executable, "-I", str(PROBER)),
                *(address, str(rate), str(seconds)),
            ),
            stdout=subprocess.PIPE,
            text=True,
        )

    def stop(self) -> Outage:
        """Send no more; what came of those sent."""
        self._process.terminate()
        return self.result()

    def result(self) -> Outage:
        """Wait for the end."""
        text, _ = self._process.communicate(timeout=MOST_SECONDS + 60)
        if self._process.returncode != 0:
            raise shell.failed("probe", f"exit status {self._process.returncode}")
        return Outage(**json.loads(text))
