"""Whether the change moves the interface that the operator's own connection comes in by."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.preflight.finding import Case, Finding

ABOUT = "your connection"


def _path(case: Case) -> Iterator[Finding]:
    nic, way = case.params.holder, case.around.management_ifname
    if not way:
        yield Finding(
            "note",
            ABOUT,
            "the interface that it uses is not known",
            f"if it is {nic}, it hangs for a moment at the cutover",
            "nothing; if you lose it, the undo brings you back at the deadline",
        )
    elif way == nic:
        yield Finding(
            "note",
            ABOUT,
            f"it comes in by {nic}, the interface that is moved",
            "if the change fails, you are cut off like everybody else",
            "nothing; if you lose it, the undo brings you back at the deadline",
        )
    else:
        why = "if the NIC fails, you can still watch the host and undo the change"
        yield Finding("ok", ABOUT, f"you stay connected over {way}", why)


RULES = (_path,)
