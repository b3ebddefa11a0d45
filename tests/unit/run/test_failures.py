"""What is said of an undo that did not bring everything back: first what a person has to see to."""

from __future__ import annotations

from tests.unit.hosts import link, snapshot

from runbook.apply.guest_difference import DifferenceKind, GuestDifference
from runbook.apply.rollback import Rollback
from runbook.notebook.shared.ending import LONGEST, in_short
from runbook.run.failures import Differs
from runbook.state.diff import compare
from runbook.state.snapshot import Snapshot

FOLDER = "/var/lib/runbook/x"

NOT_SEEN = GuestDifference(
    "vm-01", DifferenceKind.NOT_COMPARED, "vm-01 is not seen to be as before"
)
TAKEN = GuestDifference(
    "vm-02", DifferenceKind.NOT_COMPARED, "vm-02: somebody else is at its console"
)


def host(state: str, *devices: str) -> Snapshot:
    guests = [{"name": "vm-01", "uuid": "1", "state": state}]
    return snapshot(guests=guests, links=[link(name) for name in devices])


def differs(
    before: Snapshot, after: Snapshot, *guests: GuestDifference, failed: tuple[str, ...] = ()
) -> Differs:
    undone = Rollback("why", after, compare(before, after), "", failed, guests)
    return Differs("server-01", undone, FOLDER)


def test_a_guest_that_was_switched_off_is_named_however_much_else_differs() -> None:
    many = [f"vnet{number}" for number in range(200)]
    error = differs(host("running", *many), host("shut off"), NOT_SEEN)
    said = in_short(error)
    assert len(said) <= LONGEST
    assert "vm-01 is shut off, and was running before" in said
    assert "vm-01 is not seen to be as before" in said
    assert error.then.startswith("start each guest")
    assert "`runbook undo server-01`" in error.then


def test_a_guest_that_nobody_could_enter_is_left_to_its_own_undo() -> None:
    error = differs(host("running"), host("running"), TAKEN)
    assert "(no row of the snapshot)" in str(error)
    assert f"sh {FOLDER}/undo" in error.then
    assert "by hand" not in error.then


def test_a_row_of_the_host_is_put_back_by_hand() -> None:
    for failed in ((), ("cannot write /etc/hosts",)):
        error = differs(host("running"), host("running", "br7"), failed=failed)
        assert "+ links: br7" in str(error)
        assert error.then.startswith("put each back by hand")
        assert ("--take-over" in error.then) is bool(failed)


def test_of_a_guest_that_only_a_person_changes_no_undo_of_its_own_is_spoken_of() -> None:
    line = GuestDifference("vm-01", DifferenceKind.BY_HAND, "vm-01 is undone by nobody else")
    error = differs(host("running"), host("running"), line)
    assert "`To go back`" in error.then
    assert f"{FOLDER}/undo" not in error.then
    both = differs(host("running"), host("running"), line, TAKEN)
    assert f"sh {FOLDER}/undo" in both.then
