"""The signature by which a person approved a plan: an SSH key signs the plan's digest.

The approver types `echo DIGEST | ssh-keygen -Y sign -f KEY -n runbook-approval > approval.sig`.
`allowed_signers` in params/ says whose key it is, so the name is not only the operator's word.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from runbook.common import handed_files
from runbook.common.errors import Refused
from runbook.common.folders import params_folder
from runbook.common.printable import printable
from runbook.params import ChangeRequest
from runbook.plan.plan import Plan
from runbook.records.signature import ALLOWED_SIGNERS, APPROVAL, LARGEST, Trust, check_approval

# The signature in the run folder.
KEPT = "approval.sig"


class ApprovalSignature(NamedTuple):
    """Who signed the approval, by `allowed_signers`, and the signature; '' if nobody did."""

    by: str = ""
    text: str = ""


NOT_SIGNED = ApprovalSignature()


class NotApproved(Refused):
    """The plan is not what was approved, or not by whom, or not for now."""


def not_approved(plan: Plan, why: str, then: str) -> NotApproved:
    """The error: nothing was written."""
    state = "as it was; nothing was written by this run"
    return NotApproved(why, host=plan.host, state=state, then=then)


def how_to_sign(plan: Plan) -> str:
    """What the approver types."""
    return f"echo {plan.digest} | ssh-keygen -Y sign -f KEY -n {APPROVAL} > {KEPT}"


def check_signature(
    plan: Plan, request: ChangeRequest, folder: Path | None = None
) -> ApprovalSignature:
    """The signature that was given; raises NotApproved unless `approved_by` made it for this plan.

    `folder` has `allowed_signers`; without it that is params/.
    """
    if request.approval_signature is None:
        return NOT_SIGNED
    path, allowed = Path(request.approval_signature), (folder or params_folder()) / ALLOWED_SIGNERS
    if not (request.approved and request.approved_by):
        why = "`approval_signature` is given without `approved` and `approved_by`"
        raise not_approved(plan, why, f"add -r approved {plan.digest} -r approved_by NAME")
    try:
        found = check_approval(plan.digest, path.expanduser(), allowed)
        text = handed_files.text(path.expanduser(), LARGEST)
    except (OSError, ValueError) as error:
        why = f"the signature of the approval cannot be checked: {printable(str(error))}"
        fix = f"give a file that {how_to_sign(plan)} made, and name the signer in {allowed}"
        raise not_approved(plan, why, fix) from error
    if found.trust is not Trust.GOOD:
        why = f"{path.name} approves nothing: {found.trust}: {found.text}"
        fix = f"have it made by {how_to_sign(plan)}, with a key that {allowed} names"
        raise not_approved(plan, why, fix)
    if found.by != request.approved_by:
        why = f"{path.name} was made by {found.by}, and `approved_by` is {request.approved_by}"
        raise not_approved(plan, why, f"give the name that {allowed.name} has: {found.by}")
    return ApprovalSignature(found.by, text)
