"""What an executed notebook tells programs of its change, beside what it shows."""

from __future__ import annotations

from runbook.notebook.shared.request import WAY
from runbook.notebook.shared.runs import Run
from runbook.run.record import CHANGE_MIME
from runbook.run.session import Underway


def mark(this: Run, state: str, underway: Underway | None = None) -> dict[str, object]:
    """The change as it is now: `state` is arming, armed or confirmed."""
    params = this.session.params
    told = {
        "state": state,
        "host": this.host,
        "change_id": this.session.change_id,
        "operator": this.session.operator,
        "folder": str(this.folder.path),
        "deadline": underway and underway.armed.deadline.isoformat(timespec="seconds"),
        "way": {name: getattr(params, name) for name in WAY},
    }
    return {CHANGE_MIME: told}
