"""The signature by which a person approved a plan: an SSH key signs the text of the approval.

`approval_text` says what is in that text. `allowed_signers` in params/ says whose key it is, so the
name is not only the operator's word. `ssh-keygen -Y verify` alone comes to the same result.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from runbook.common import handed_files
from runbook.common.errors import Refused
from runbook.common.folders import outputs_folder, params_folder
from runbook.common.printable import printable
from runbook.params import ChangeRequest
from runbook.plan.plan import Plan
from runbook.records.approval_text import SIGNATURE, how_to_sign, parse
from runbook.records.signature import ALLOWED_SIGNERS, LARGEST, Trust, check_approval
from runbook.run import record
from runbook.run.record import Ending


class ApprovalSignature(NamedTuple):
    """Who signed the approval, by `allowed_signers`, the signature and its text; '' if nobody."""

    by: str = ""
    signature: str = ""
    text: str = ""


NOT_SIGNED = ApprovalSignature()


class NotApproved(Refused):
    """The plan is not what was approved, or not by whom, or not for now."""


def not_approved(plan: Plan, why: str, then: str) -> NotApproved:
    """The error: nothing was written."""
    state = "as it was; nothing was written by this run"
    return NotApproved(why, host=plan.host, state=state, then=then)


def check_signature(
    plan: Plan, request: ChangeRequest, now: datetime, folder: Path | None = None
) -> ApprovalSignature:
    """The signature that was given; raises NotApproved unless it counts for this plan now.

    `approved_by` has to have made it, for this host, plan and ticket, until a later moment than
    `now`, and no confirmed change may have used it. `folder` has `allowed_signers`; without it that
    is params/.
    """
    if request.approval_signature is None:
        return NOT_SIGNED
    path, allowed = Path(request.approval_signature), (folder or params_folder()) / ALLOWED_SIGNERS
    again = f"have it made anew: {how_to_sign(plan, request, now)}"
    if not (request.approved and request.approved_by):
        why = "`approval_signature` is given without `approved` and `approved_by`"
        raise not_approved(plan, why, f"add -r approved {plan.digest} -r approved_by NAME")
    if path.suffix != ".sig":
        why = f"{path.name} is no signature: its name does not end in .sig"
        raise not_approved(plan, why, f"give the file of the signature; or {again}")
    signed = path.expanduser()
    try:
        content = handed_files.read(signed.with_suffix(""), LARGEST)
        found = check_approval(content, signed, allowed)
        text = handed_files.text(signed, LARGEST)
        approval = parse(content.decode())
    except (OSError, ValueError) as error:
        why = f"the signature of the approval cannot be checked: {printable(str(error))}"
        fix = f"keep text and signature in one folder, and name the signer in {allowed}; or {again}"
        raise not_approved(plan, why, fix) from error
    if found.trust is not Trust.GOOD:
        why = f"{path.name} approves nothing: {found.trust}: {found.text}"
        raise not_approved(plan, why, f"{again}, with a key that {allowed} names")
    if found.by != request.approved_by:
        why = f"{path.name} was made by {found.by}, and `approved_by` is {request.approved_by}"
        raise not_approved(plan, why, f"give the name that {allowed.name} has: {found.by}")
    if why := approval.differs(plan, request, now):
        raise not_approved(plan, f"{path.name} does not approve this change: {why}", again)
    if used := _used_by(plan.host, text):
        why = f"{path.name} was used: change {used} was made and confirmed with it"
        raise not_approved(plan, why, again)
    return ApprovalSignature(found.by, text, content.decode())


def _used_by(host: str, signature: str) -> str:
    """The confirmed change of this host that has this signature in its record; '' if none has."""
    for path in sorted((outputs_folder() / host).glob(f"*/{SIGNATURE.replace('.', '*.', 1)}")):
        try:
            same = handed_files.text(path, LARGEST) == signature
            if same and record.read(path.parent).told == Ending.AS_PROMISED:
                return path.parent.name
        except (OSError, ValueError):
            continue
    return ""
