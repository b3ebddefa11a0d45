"""What an operator says of one change: ticket, reason, who asked for it, when, who approved it.

These are given for a run, and never stand in a host's file: the next change has another ticket.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError

from runbook.common.errors import ParameterError
from runbook.common.printable import printable
from runbook.common.redact import redact_prose
from runbook.params.fields import Wrong

_DIGEST = re.compile(r"[0-9a-f]{64}")
_LINE, _TEXT = 200, 1000


def _words(limit: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        """Check that it is one line of bounded length; a secret in it is taken out."""
        if not text.strip() or len(text) > limit or printable(text) != text or "\n" in text:
            raise Wrong(
                f"it must be one line of 1 to {limit} characters",
                "shorten it, and leave out line breaks and control characters",
            )
        return redact_prose(text.strip())

    return check


def _number(value: object) -> object:
    """Many a ticket is a number, and papermill's -p makes an integer of it."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _digest(text: str) -> str:
    if not _DIGEST.fullmatch(text):
        raise Wrong(
            "a plan's digest is 64 digits of 0 to 9 and a to f",
            "copy it from a run with -p mode plan, and pass it as raw text: -r approved DIGEST",
        )
    return text


def _window(text: str) -> str:
    _ends(text)
    return text


def _ends(text: str) -> tuple[datetime, datetime]:
    fix = "write begin/end with the time zone: 2026-12-01T22:00+01:00/2026-12-01T23:30+01:00"
    try:
        opens, closes = (datetime.fromisoformat(end) for end in text.split("/"))
    except ValueError:
        raise Wrong("this is not a begin and an end as ISO 8601 writes them", fix) from None
    if opens.tzinfo is None or closes.tzinfo is None:
        raise Wrong("a time without its time zone could be another hour", fix)
    if opens >= closes:
        raise Wrong("it ends before it begins", fix)
    return opens, closes


Line = Annotated[str, AfterValidator(_words(_LINE))]


class ChangeRequest(BaseModel):
    """What is said of one change; None is not said."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    ticket: Annotated[Line, BeforeValidator(_number)] | None = None
    reason: Annotated[str, AfterValidator(_words(_TEXT))] | None = None
    requested_by: Line | None = None
    window: Annotated[str, AfterValidator(_window)] | None = None
    approved: Annotated[str, AfterValidator(_digest)] | None = None
    approved_by: Line | None = None
    approval_signature: Line | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether the change may be made at this moment."""
        if self.window is None:
            return True
        opens, closes = _ends(self.window)
        return opens <= now < closes


NOTHING_SAID = ChangeRequest()
# Those that are for any run, and those that approve a plan.
WORDS = ("ticket", "reason", "requested_by", "window")
APPROVAL = ("approved", "approved_by", "approval_signature")
REQUEST_NAMES = (*WORDS, *APPROVAL)


def change_request(values: Mapping[str, object]) -> ChangeRequest:
    """From what was given; other names are not looked at. Raises `ParameterError`."""
    told = {name: values[name] for name in REQUEST_NAMES if values.get(name) is not None}
    try:
        return ChangeRequest.model_validate(told)
    except ValidationError as error:
        fault = error.errors()[0]
        field = str(fault["loc"][0])
        wrong = fault.get("ctx", {}).get("error")
        if isinstance(wrong, Wrong):
            raise ParameterError(field, told[field], wrong.problem, wrong.fix) from None
        fix = f"pass it as raw text: papermill … -r {field} VALUE"
        raise ParameterError(field, told[field], "it must be text", fix) from None
