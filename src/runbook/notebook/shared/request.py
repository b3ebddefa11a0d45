"""What an operator says of the change, as the page shows it."""

from __future__ import annotations

from runbook import views
from runbook.params import REQUEST_NAMES, ChangeRequest


def show_request(request: ChangeRequest) -> None:
    """Ticket, reason and the like; nothing where nothing is said."""
    said = [(name, getattr(request, name)) for name in REQUEST_NAMES]
    told = [(name.replace("_", " "), value) for name, value in said if value is not None]
    if told:
        views.show(views.card(told, "What is said of this change"))
