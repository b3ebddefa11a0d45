"""The maintenance window of a fleet run: no batch begins that would not end in it."""

from __future__ import annotations

from datetime import datetime, timedelta

from runbook.common.errors import CorrectParameters, ParameterError
from runbook.fleet.ledger import LedgerState
from runbook.params import change_request


def checked(text: str) -> str:
    """The window as it is written: BEGIN/END. Raises CorrectParameters."""
    try:
        change_request({"window": text} if text else {})
    except ParameterError as error:
        raise CorrectParameters(
            f"the window {text!r} cannot be used: {error.problem}",
            state="no host was asked anything",
            then=error.then,
        ) from None
    return text


def closed(state: LedgerState, now: datetime) -> str:
    """Why no batch may begin now; '' if one may."""
    window = state.plan.window
    asked = change_request({"window": window} if window else {})
    if not asked.is_open(now):
        return f"The window is {window}, and it is {now:%Y-%m-%d %H:%M} UTC: no further host begins"
    longest = timedelta(seconds=max((end.seconds for end in state.ended.values()), default=0.0))
    if not asked.is_open(now + longest):
        return (
            f"The window {window} closes in less than the {longest.total_seconds():.0f} s"
            " that a host has taken: no further host begins"
        )
    return ""
