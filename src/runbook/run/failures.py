"""The errors of an armed change that did not end well, with everything that was read of it."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.apply import rollback
from runbook.apply.guest_difference import DifferenceKind
from runbook.apply.rollback import Rollback
from runbook.apply.verify import Verdict
from runbook.common.errors import RollbackDiffers, VerificationFailed
from runbook.state.diff import Diff

UNDO_FOLLOWS = "wait for the undo, which follows by itself; then fix what is listed"


class NotAsPromised(VerificationFailed):
    """The host, or a guest, is not as promised after the change."""

    def __init__(self, host: str, verdict: Verdict, then: str = UNDO_FOLLOWS) -> None:
        """List what does not hold; keep all of it."""
        super().__init__(
            f"not as promised:\n{verdict.reasons or '  - nothing was checked'}",
            host=host,
            state="changed, unconfirmed, its undo armed",
            then=then,
        )
        self.verdict = verdict


class Differs(RollbackDiffers):
    """The undo ran, and differences from the state before remain."""

    def __init__(
        self, host: str, undone: Rollback, directory: str, did: str = rollback.RAN
    ) -> None:
        """List guests, rows, and what the undo said; keep all of the rollback."""
        off = tuple(_off(undone.differences))
        rows = str(undone.differences) or "  (no row of the snapshot)"
        of_host = not undone.differences.empty or undone.failed
        found = (
            "the host differs from before"
            if of_host
            else "not everything could be confirmed as before"
        )
        # First what a person has to see to: a record's last word keeps the beginning.
        said = "".join(f"\n  of the guests: {line}" for line in (*off, *undone.guests))
        said += f"\n{rows}"
        said += "".join(f"\nthe undo script reports: {line}" for line in undone.failed)
        held, over = ("still locked, ", " --take-over") if undone.failed else ("", "")
        super().__init__(
            f"{did}, and {found}:{said}",
            host=host,
            state=f"reachable, {held}with the differences listed",
            then=f"{_to_do(undone, directory, switched_off=bool(off))}"
            f", then `runbook undo {host}{over}`; the originals are in {directory}/originals",
        )
        self.undone = undone


def _off(differences: Diff) -> Iterator[str]:
    """One line for each guest that ran before the change and does not run now."""
    for row in differences.found:
        if (row.table, row.column) == ("guests", "state"):
            yield f"{row.key} is {row.after}, and was {row.before} before the change"


def _to_do(undone: Rollback, directory: str, *, switched_off: bool) -> str:
    if switched_off:
        return "start each guest that ran before, wait until its own undo has run"
    if undone.guests and undone.differences.empty and not undone.failed:
        if all(found.kind is DifferenceKind.BY_HAND for found in undone.guests):
            return "look into each guest that is named: `To go back`, in its instructions"
        own = f"by its timer, at a restart, or at its console by `sh {directory}/undo`"
        return f"see to each guest that is named, whose own undo runs {own}"
    return "put each back by hand"
