"""The approval of a plan: a person is asked; papermill approves, a rendering does not.

A front end that can answer prompts says so with each cell that it sends. papermill and nbclient
cannot answer, so asking fails there. The approval is bound to the digest of the plan that was
shown.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from dataclasses import dataclass

from IPython.core.error import StdinNotImplementedError

from runbook.notebook.jupyter.unattended import RENDERED, may_write
from runbook.params.source import Source
from runbook.plan.plan import Plan

Ask = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Approval:
    """Whether it was given, how, and for which plan."""

    given: bool
    how: str
    digest: str


def approve(plan: Plan, mode: Source, ask: Ask | None = None) -> Approval:
    """Ask for the name of the host, or of the one guest; any other answer is a no.

    `mode` says where mode=apply came from. It is the approval if nobody can be asked.
    """
    kind = "host" if plan.subject == plan.host else "guest"
    prompt = (
        f"Plan {plan.digest[:12]} is ready to be made on {plan.host}.\n"
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
    except (EOFError, KeyboardInterrupt):
        return Approval(given=False, how="no answer", digest=plan.digest)
    given = answer.strip() == plan.subject
    how = f"the {kind}'s name was typed" if given else f"{answer.strip()!r} was typed"
    return Approval(given, how, plan.digest)
