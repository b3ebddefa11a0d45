"""How an armed change can fail to end well, with all that was seen of it."""

from __future__ import annotations

from runbook import rollback
from runbook.errors import RollbackDiffers, VerificationFailed
from runbook.rollback import Rollback
from runbook.verify import Verdict


class NotAsPromised(VerificationFailed):
    """The verdict that failed the change."""

    def __init__(self, host: str, verdict: Verdict) -> None:
        """List what does not hold; keep all of it."""
        lines = "\n".join(
            f"  - {c.about}: promised {c.promised}, seen {c.seen}" for c in verdict.broken
        )
        super().__init__(
            f"not as promised:\n{lines or '  - nothing was checked'}",
            host=host,
            state="changed, unconfirmed, its undo armed",
            then="wait for the undo, which follows by itself; then mend what is listed",
        )
        self.verdict = verdict


class Differs(RollbackDiffers):
    """The loud error of an undo that did not bring everything back."""

    def __init__(
        self, host: str, undone: Rollback, directory: str, did: str = rollback.RAN
    ) -> None:
        """List the rows, and what the undo said; keep all of the rollback."""
        rows = str(undone.differences) or "  (no row of the snapshot)"
        of_host = not undone.differences.empty or undone.failed
        found = "the host differs from before" if of_host else "not all is seen to be as before"
        said = "".join(f"\nthe undo itself says: {line}" for line in undone.failed)
        said += "".join(f"\nof the guests: {line}" for line in undone.guests)
        held, over = ("still locked, ", " --take-over") if undone.failed else ("", "")
        super().__init__(
            f"{did}, and {found}:\n{rows}{said}",
            host=host,
            state=f"reachable, {held}with the differences listed",
            then=f"put each back by hand, then `runbook undo {host}{over}`;"
            f" the originals are in {directory}/originals",
        )
        self.undone = undone
