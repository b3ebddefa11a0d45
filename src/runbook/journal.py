"""The change's journal on the host: what is about to be done, then what is done.

One line an event, fsynced before the deed it speaks of::

    2026-03-01T12:00:00.000Z step 3 begins: ip link set dev virbr1 ...
    2026-03-01T12:00:00.004Z step 3 done

It, and not a notebook's cells, says whether a step was made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from runbook.errors import ReadFailed
from runbook.transport.host import Host, Reader

BEGINS, DONE = "begins", "done"
_LINE = re.compile(r"(\S+) step (\d+) (begins|done)(?:: (.*))?")
COLUMNS = ("step", "what", "began", "ended")


@dataclass(frozen=True, slots=True)
class Journal:
    """The file's text; every question is answered from it."""

    text: str

    def begun(self) -> frozenset[int]:
        """Steps that were at least about to be made."""
        return self._numbers(BEGINS)

    def done(self) -> frozenset[int]:
        """Steps that were made."""
        return self._numbers(DONE)

    @property
    def undo_began(self) -> bool:
        """Whether an undo has started."""
        return " undo (" in self.text

    def table(self) -> pd.DataFrame:
        """One row a step: step, what, began, ended (UTC, ISO 8601; '' if it did not end)."""
        ended = {int(m[2]): m[1] for m in self._matches() if m[3] == DONE}
        rows = [
            (int(m[2]), m[4] or "", m[1], ended.get(int(m[2]), ""))
            for m in self._matches()
            if m[3] == BEGINS
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def _numbers(self, event: str) -> frozenset[int]:
        return frozenset(int(m[2]) for m in self._matches() if m[3] == event)

    def _matches(self) -> list[re.Match[str]]:
        found = (_LINE.fullmatch(line) for line in self.text.splitlines())
        return [match for match in found if match]


def read(host: Reader, path: str) -> Journal:
    """The journal as it stands on the host; raises ReadFailed if there is none."""
    (file,) = host.read_files([path])
    if file is None:
        raise ReadFailed(
            f"the change's journal {path} is not on the host",
            host=host.name,
            state="not known to this program",
            then="look at /var/lib/runbook on the host before anything else",
        )
    return Journal(file.content.decode(errors="replace"))


def write(host: Host, path: str, now: datetime, event: str) -> None:
    """One more line, on the disk when this returns."""
    stamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line = f"{stamp} {' ; '.join(event.splitlines())}\n"
    host.append_file(path, line.encode())
