"""Whether a ledger may be resumed: it says which notebook runs, and with which options."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from keyword import iskeyword
from pathlib import Path

from runbook.common.errors import CorrectParameters
from runbook.fleet.ledger import Ledger, LedgerState
from runbook.params.fields import host as checked_name

# The name of a fleet run, and so of its folder.
RUN = re.compile(r"[0-9]{8}T[0-9]{6}Z")
# More papermill processes than this only wait for each other.
MOST_AT_ONCE = 64
# papermill writes a parameter's name into the notebook as it is; each run has a host of its own.
OWN = "host"
# Who keeps an inventory, as everybody who edits NetBox, chooses neither the way to a host and whose
# keys open it, nor what was approved and which risks somebody accepts.
_OPERATORS = frozenset(
    (
        *("connect", "destination", "ssh_config", "libvirt_uri", "recording", "router"),
        *("machine_id", "mode", "consent", "sign_with"),
        *("approval", "approved", "approved_by", "approval_signature"),
    )
)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def refuse_a_strangers(folder: Path) -> None:
    """Raise CorrectParameters for a fleet run that another account made, or could have altered."""
    for path in (folder, Ledger(folder).path):
        try:
            found = path.lstat()
        except OSError as error:
            raise _refusal(path, f"it cannot be read: {error.strerror}") from None
        if stat.S_ISLNK(found.st_mode):
            raise _refusal(path, "it is a link")
        if found.st_uid != os.geteuid() or found.st_mode & _OTHERS_WRITE:
            raise _refusal(path, "another account than yours made it, or may write to it")


def refuse_an_odd(ledger: Ledger, state: LedgerState) -> None:
    """Raise CorrectParameters for a ledger that says what `runbook fleet` never writes."""
    for why in _odd(state):
        raise _refusal(ledger.path, why)


def is_option(name: str) -> bool:
    """Whether papermill may be given a parameter of this name for all hosts."""
    return name.isidentifier() and not iskeyword(name) and name != OWN


def may_be_given(name: str) -> bool:
    """Whether an inventory may give a host a parameter of this name."""
    return is_option(name) and name not in _OPERATORS


def _odd(state: LedgerState) -> Iterator[str]:
    plan = state.plan
    if not Path(plan.notebook).is_absolute():
        yield f"its notebook is {plan.notebook!r}, which is no absolute path"
    if not _only_parameters(plan.options):
        yield "it has options for papermill other than -p NAME VALUE"
    if not all(0 < len(batch) <= MOST_AT_ONCE for batch in plan.batches) or not plan.batches:
        yield f"a batch of it has not 1 to {MOST_AT_ONCE} hosts"
    for name in plan.hosts:
        try:
            checked_name(name)
        except ValueError:
            yield f"{name!r} is no host's name"
    if not all(map(may_be_given, (name for given in plan.given.values() for name in given))):
        yield "it gives a host what no inventory may give"
    told = {*state.begun, *state.ended, *state.plans, *state.planned, *plan.given}
    if not told <= set(plan.hosts):
        yield "it tells of hosts that are not among its own"
    if not all(map(_DIGEST.fullmatch, state.plans.values())):
        yield "the digest of a plan in it is none"


def _only_parameters(options: Sequence[str]) -> bool:
    return len(options) % 3 == 0 and all(
        options[at] == "-p" and is_option(options[at + 1]) for at in range(0, len(options), 3)
    )


def _refusal(path: Path, why: str) -> CorrectParameters:
    return CorrectParameters(
        f"{path} is not gone on with: {why}",
        state="no host was asked anything",
        then="begin a new run: hosts that are as promised already are skipped in it",
    )
