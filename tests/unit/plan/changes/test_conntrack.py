from __future__ import annotations

import pytest

from runbook.plan.changes.conntrack import LOOSE, HoldTracking, ReleaseTracking
from runbook.plan.changes.steps import Command, Sysctl

HELD = Sysctl(LOOSE, "0")


@pytest.mark.parametrize("value", ["0", "1"])
def test_it_is_held_for_the_change_only(value: str) -> None:
    hold, release = HoldTracking(value, loaded=True), ReleaseTracking(value)
    assert hold.do() == (HELD,)
    assert release.do() == (Sysctl(LOOSE, value),)
    # The way back passes the same rules: held first, let go last.
    assert release.undo() == (HELD,)
    assert hold.undo() == (Sysctl(LOOSE, value),)


def test_the_setting_is_written_only_once_the_module_has_made_it() -> None:
    load, hold = HoldTracking("1", loaded=False).do()
    assert load == Command(("modprobe", "nf_conntrack"))
    assert hold == HELD


def test_the_operator_reads_the_value_before_and_after() -> None:
    hold, release = HoldTracking("1", loaded=True), ReleaseTracking("1")
    assert (hold.before, hold.after) == (f"{LOOSE} = 1", f"{LOOSE} = 0")
    assert (release.before, release.after) == (hold.after, hold.before)
    assert (hold.phase, release.phase) == ("network", "settle")
