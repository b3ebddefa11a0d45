"""The record of an audit: written only if something differs that the last one did not say."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from runbook.common import handed_files
from runbook.records.audit.look import Audit
from runbook.records.begin import About, begin
from runbook.records.files import newest_first
from runbook.records.make_manifest import AUDIT
from runbook.records.seal import seal
from runbook.records.signature import SIGN_WITH
from runbook.run import record
from runbook.run.record import Ending, Folder, Outcome
from runbook.run.session import HostSession

# How many records are looked through for the last audit.
NEWEST = 100


def keep(audit: Audit, session: HostSession, outputs: Path) -> Folder | None:
    """The new run folder; None if nothing differs, or just what the last audit has recorded.

    Raises RecordNotWritten.
    """
    told = audit.as_dict()
    if not audit.drifts or _same(told, _last(outputs / audit.host)):
        return None
    folder = record.create(outputs, audit.host, session.change_id)
    begin(folder, About("audit", audit.host, audit.host, session.change_id), audit.at)
    folder.once_json(AUDIT, told)
    now = session.clock.now()
    named = (audit.host, session.change_id, session.operator)
    folder.end(Outcome(Ending.DRIFTED, *named, now, audit.said))
    # A record without a manifest is less, and no reason to hide what was found.
    with suppress(OSError, ValueError):
        seal(folder, now, sign_with=os.environ.get(SIGN_WITH, ""))
    return folder


def _last(folder: Path) -> dict[str, object]:
    """What the newest record of an audit says; empty if there is none."""
    paths = (path for path in folder.glob("[A-Za-z0-9]*") if path.is_dir())
    for path in newest_first(paths)[:NEWEST]:
        with suppress(OSError, ValueError):
            return handed_files.json_object(handed_files.text(path / AUDIT))
    return {}


def _same(told: dict[str, object], last: dict[str, object]) -> bool:
    # As it comes back from the disk, secrets taken out.
    written = json.loads(record.as_json(told))
    names = ("change_id", "differences")
    return bool(last) and all(written.get(name) == last.get(name) for name in names)
