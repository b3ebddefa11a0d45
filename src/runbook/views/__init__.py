"""Pictures: what a cell shows, as HTML and as text. They draw what they are given.

One file a thing drawn: `state`, `changes`, `plan`, `findings` (also the verdict), `boot`,
`side_by_side` (with `pairs` and `iptables`), `first_page` (of a record), `guests`, `standing`,
`drift` (an audit), `timeline` (a host's records), `fleet`, `steps`, `progress`, `board`,
`countdown`, `pulse`, `links`, and `tables` for any `grid` or DataFrame. `frames` makes DataFrames
of plans, journals, verdicts and boots. Packages: `wiring` (the drawing of links and ports), `page`
(the way onto a page).
"""

from __future__ import annotations

from runbook.views.board import StageMark, board
from runbook.views.boot import boot, edits
from runbook.views.changes import changes
from runbook.views.countdown import countdown, moved_deadline, over, panel
from runbook.views.drift import audit
from runbook.views.findings import (
    LastWord,
    beforehand,
    checks,
    compared,
    findings,
    last_word,
    verdict,
)
from runbook.views.first_page import to_first_page
from runbook.views.fleet import FleetRow, fleet, fleet_board
from runbook.views.guests import guest_undos, guests, instructions, offers
from runbook.views.page.interactive import page_head
from runbook.views.page.page import CELL, Output, Slot, show, show_with
from runbook.views.page.picture import Picture, note, stack, title
from runbook.views.plan import plan, plan_in_words
from runbook.views.progress import doing
from runbook.views.pulse import Moment, pulse, pulse_now
from runbook.views.side_by_side import side_by_side
from runbook.views.standing import standing
from runbook.views.state import identity, interfaces, state
from runbook.views.steps import StepShown, steps
from runbook.views.tables import Look, card, fold, table
from runbook.views.timeline import timeline
from runbook.views.wiring.drawing import wiring

__all__ = [
    "CELL",
    "FleetRow",
    "LastWord",
    "Look",
    "Moment",
    "Output",
    "Picture",
    "Slot",
    "StageMark",
    "StepShown",
    "audit",
    "beforehand",
    "board",
    "boot",
    "card",
    "changes",
    "checks",
    "compared",
    "countdown",
    "doing",
    "edits",
    "findings",
    "fleet",
    "fleet_board",
    "fold",
    "guest_undos",
    "guests",
    "identity",
    "instructions",
    "interfaces",
    "last_word",
    "moved_deadline",
    "note",
    "offers",
    "over",
    "page_head",
    "panel",
    "plan",
    "plan_in_words",
    "pulse",
    "pulse_now",
    "show",
    "show_with",
    "side_by_side",
    "stack",
    "standing",
    "state",
    "steps",
    "table",
    "timeline",
    "title",
    "to_first_page",
    "verdict",
    "wiring",
]
