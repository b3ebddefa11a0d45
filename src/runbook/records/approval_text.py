"""The text that an approver signs: which plan, on which host, for which ticket, until when.

    host: server-01
    plan: 0f3c…
    ticket: CHG-4711
    until: 2026-12-01T23:30+01:00

It is bound to all four, so an approval does not count for another host or ticket, and not for ever.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime, timedelta

from runbook.common.printable import printable
from runbook.params import ChangeRequest
from runbook.plan.plan import Plan
from runbook.records.signature import APPROVAL

# Both in the run folder; ssh-keygen gives the signature its name.
TEXT, SIGNATURE = "approval.txt", "approval.txt.sig"
# What is proposed to the approver if the change has no window.
PROPOSED = timedelta(days=7)
_FIELDS = ("host", "plan", "ticket", "until")


@dataclass(frozen=True, slots=True)
class ApprovalText:
    """What a person approved; `ticket` is None if there is none."""

    host: str
    plan: str
    until: datetime
    ticket: str | None = None

    def differs(self, plan: Plan, request: ChangeRequest, now: datetime) -> str:
        """Why it does not count for this plan now; '' if it does."""
        named = (("host", self.host, plan.host), ("plan", self.plan, plan.digest))
        for name, approved, this in (*named, ("ticket", self.ticket, request.ticket)):
            if approved != this:
                return f"it is for {name} {approved or '(none)'}, and this is {this or '(none)'}"
        if now >= self.until:
            return f"it was good until {self.until.isoformat(timespec='minutes')}"
        return ""


def parse(text: str) -> ApprovalText:
    """Read the text; raises ValueError for anything that is not exactly its lines."""
    lines = [line.partition(": ") for line in text.splitlines()]
    told = {name: value for name, _, value in lines}
    if len(told) != len(lines):
        raise ValueError("a line is in it twice")
    if strange := [name for name in told if name not in _FIELDS]:
        raise ValueError(f"it has a line that no approval has: {printable(strange[0])[:60]!r}")
    if missing := [name for name in ("host", "plan", "until") if not told.get(name)]:
        raise ValueError(f"the line `{missing[0]}: …` is missing")
    try:
        until = datetime.fromisoformat(told["until"])
    except ValueError:
        raise ValueError("`until` is no time, such as 2026-12-01T23:30+01:00") from None
    if until.tzinfo is None:
        raise ValueError("`until` has no time zone, such as +01:00")
    return ApprovalText(told["host"], told["plan"], until, told.get("ticket"))


def how_to_sign(plan: Plan, request: ChangeRequest, now: datetime) -> str:
    """What the approver types; it makes both files."""
    lines = [f"host: {plan.host}", f"plan: {plan.digest}"]
    if request.ticket:
        lines.append(f"ticket: {request.ticket}")
    lines.append(f"until: {_proposed(request, now)}")
    text = " ".join(shlex.quote(line) for line in lines)
    return f"printf '%s\\n' {text} > {TEXT}; ssh-keygen -Y sign -f KEY -n {APPROVAL} {TEXT}"


def _proposed(request: ChangeRequest, now: datetime) -> str:
    if request.window:
        return request.window.partition("/")[2]
    return (now + PROPOSED).isoformat(timespec="minutes")
