"""The approval of a plan: a person is asked; papermill approves, a rendering does not.

A front end that can answer prompts says so with each cell that it sends. papermill and nbclient
cannot answer, so asking fails there. The approval is bound to the digest of the plan that was
shown. If the digest of an approved plan was given, no other plan is made.
"""

from __future__ import annotations

import builtins
import os
from collections.abc import Callable
from dataclasses import dataclass

from IPython.core.error import StdinNotImplementedError

from runbook.notebook.jupyter.unattended import RENDERED, may_write
from runbook.notebook.shared.approval_signature import (
    NOT_SIGNED,
    ApprovalSignature,
    NotApproved,
    check_signature,
    not_approved,
)
from runbook.notebook.shared.runs import Run
from runbook.params import ChangeRequest
from runbook.params.source import Source
from runbook.plan.plan import Plan
from runbook.records.approval_text import SIGNATURE, TEXT, how_to_sign
from runbook.records.person import operator
from runbook.records.predicate import Operator
from runbook.records.signature import SIGN_WITH, made_by
from runbook.run.session import Session

__all__ = ["Approval", "Ask", "NotApproved", "approve", "check_request", "keep"]
Ask = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Approval:
    """Whether it was given, how, and for which plan."""

    given: bool
    how: str
    digest: str


def check_request(plan: Plan, session: Session, who: Operator | None = None) -> ApprovalSignature:
    """Who signed the approval; raises NotApproved if this plan may not be made now."""
    request, now = session.change_request, session.clock.now()
    if request.approved not in (None, plan.digest):
        raise not_approved(
            plan,
            f"the approved plan has the digest {request.approved}, and this one has {plan.digest}:"
            " host or parameters have changed since",
            f"look at this plan; if it is right, have it approved: -r approved {plan.digest}",
        )
    signed = check_signature(plan, request, now)
    how = how_to_sign(plan, request, now)
    if session.params.approval in ("other", "signed"):
        _by_another(plan, request, who or operator())
    if session.params.approval == "signed" and not signed.by:
        raise not_approved(
            plan,
            "`approval: signed` wants the approver's signature, and none was given",
            f"have the approver type {how}, then add -r approval_signature {SIGNATURE}",
        )
    if signed.by and made_by(signed.signature, _own_key(session)):
        raise not_approved(
            plan,
            f"the key that signs this record also signed the approval of {signed.by}",
            f"have another person, with a key of their own, type {how}",
        )
    if not request.is_open(now):
        raise not_approved(
            plan,
            f"the window is {request.window}, and it is {now:%Y-%m-%d %H:%M} UTC now",
            "run again in the window, or correct `window`",
        )
    return signed


def _own_key(session: Session) -> str:
    given = getattr(session.params, "sign_with", None)
    return str(given or os.environ.get(SIGN_WITH, ""))


def _by_another(plan: Plan, request: ChangeRequest, who: Operator) -> None:
    given = f"-r approved {plan.digest} -r approved_by NAME"
    if not (request.approved and request.approved_by):
        raise not_approved(
            plan,
            "`approval` wants another person's approval, and none was given",
            f"have another person look at this plan, then run again with {given}",
        )
    if request.approved_by.partition("@")[0].lower() in {who.person.lower(), who.account.lower()}:
        raise not_approved(
            plan,
            f"`approval` wants another person, and {request.approved_by} runs this change",
            f"have another person look at this plan, then run again with {given}",
        )


def approve(
    plan: Plan, mode: Source, ask: Ask | None = None, so_far: str = "", approved: str | None = None
) -> Approval:
    """Repeat the plan in words, and ask for the name of the host, or of the one guest.

    Any other answer is a no. `mode` says where mode=apply came from. It is the approval if nobody
    can be asked. `so_far` is how far a change is that is taken up. A command that has no terminal
    gets no answer: then the digest of the plan, given as `approved`, is the approval.
    """
    kind = "host" if plan.subject == plan.host else "guest"
    steps = (
        so_far or f"{len(plan.steps())} steps, undone after {plan.deadline_s} s unless confirmed"
    )
    prompt = (
        f"{plan.host}: {plan.promise.move}.\n"
        f"{steps.rstrip('.')}. Plan {plan.digest[:12]}.\n"
        f"Type the {kind}'s name to continue; any other answer writes nothing: "
    )
    # The kernel puts its own `input` in place of Python's, cell by cell.
    ask = ask or builtins.input
    try:
        answer = ask(prompt)
    except StdinNotImplementedError:
        if not may_write():
            return Approval(given=False, how=RENDERED, digest=plan.digest)
        how = f"mode=apply ({mode}), with nobody to ask"
        return Approval(given=True, how=how, digest=plan.digest)
    except EOFError:
        given = approved == plan.digest
        how = "its digest was given, with nobody to ask" if given else "no answer"
        return Approval(given, how, plan.digest)
    except KeyboardInterrupt:
        return Approval(given=False, how="no answer", digest=plan.digest)
    given = answer.strip() == plan.subject
    how = f"the {kind}'s name was typed" if given else f"{answer.strip()!r} was typed"
    return Approval(given, how, plan.digest)


def keep(run: Run, approval: Approval, signed: ApprovalSignature = NOT_SIGNED) -> None:
    """Write it into the record, with what the approver signed."""
    session, request = run.session, run.session.change_request
    told = {"who": session.operator, "how": approval.how, "plan": approval.digest}
    if request.approved:
        told |= {"approved": request.approved, "approved_by": request.approved_by or ""}
    if signed.by:
        told |= {"how": f"{approval.how}; {signed.by} signed {TEXT}: {SIGNATURE}"}
        run.folder.again(TEXT, signed.text)
        run.folder.again(SIGNATURE, signed.signature)
    run.folder.again_json("approval.json", {**told, "at": session.clock.now().isoformat()})
