"""How many new SSH connections a host gets from one run: at most 5 in any 30 s.

Firewalls and sshd often let in only so many from one address; ufw's `limit` drops the sixth in
30 s. What such a limit drops after the cutover looks like a change that cut the host off.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field

from runbook.common.clock import Clock

MOST = 5
# Half a second more than the limit counts over: the host sees a connection later than this
# machine begins it.
WITHIN_S = 30.5


@dataclass(frozen=True, slots=True)
class Pace:
    """The connections of one run to one host, made by whichever thread."""

    clock: Clock
    _moments: deque[float] = field(default_factory=lambda: deque(maxlen=MOST))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self) -> None:
        """Return as soon as one more connection keeps within the bound."""
        with self._lock:
            now = self.clock.monotonic()
            full = len(self._moments) == MOST
            moment = max(now, self._moments[0] + WITHIN_S) if full else now
            # Reserved before the wait, so that two threads do not take the same moment.
            self._moments.append(moment)
        if moment > now:
            self.clock.sleep(moment - now)
