from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import cast

import pytest
from tests.unit import fakes, guest_data, insides

from runbook.apply import rollback
from runbook.apply.checkpoint import Armed, arm, layout
from runbook.apply.checkpoint.armed_change import ArmedChange, Checkpoint, InProgress
from runbook.apply.guest_difference import DifferenceKind, GuestDifference
from runbook.apply.phases import apply_phase
from runbook.apply.rollback import NotCompared, Rollback
from runbook.apply.steps import journal
from runbook.common.errors import RollbackDiffers, StepFailed
from runbook.guest.sessions import GuestSessions
from runbook.plan.plan import PHASES
from runbook.preflight import Cleared
from runbook.run import pipeline, resume, subject_kept
from runbook.run.failures import NotAsPromised
from runbook.run.resume import HalfMade, NothingArmed
from runbook.run.session import Session
from runbook.run.standing import HostStatus, read_standing
from runbook.run.subject_guests import GuestSubject
from runbook.state.host import probes
from runbook.state.host.probes import Probed
from runbook.state.snapshot import Snapshot

OTHER = "ann@elsewhere"
NOT_SEEN = GuestDifference("vm-01", DifferenceKind.NOT_COMPARED, "vm-01 is undone in part")


@pytest.fixture
def host() -> fakes.FakeHost:
    made = fakes.standard_host()
    made.answers[:0] = [fakes.ticking(42.0)]
    return made


@pytest.fixture
def armed(host: fakes.FakeHost) -> Armed:
    return fakes.armed(host)


@pytest.fixture
def session(host: fakes.FakeHost) -> Session:
    clock = fakes.Time()
    return Session(
        fakes.params(), host, "root@desk", "20260302T000000Z-000000", clock, lambda: host
    )


Sees = Callable[[Snapshot], None]


@pytest.fixture
def sees(monkeypatch: pytest.MonkeyPatch) -> Sees:
    """Say what the host looks like from now on."""

    def is_(seen: Snapshot) -> None:
        for module in (rollback, pipeline):
            monkeypatch.setattr(module, "take", lambda _host, _now: seen)

    is_(fakes.seen())
    return is_


def all_made(armed: Armed, host: fakes.FakeHost) -> None:
    for phase in PHASES:
        apply_phase(armed, host, phase, fakes.Time().now)


def standing(session: Session) -> HostStatus:
    return read_standing(session)


def undone_by(host: fakes.FakeHost, armed: Armed, why: str, *, entirely: bool = True) -> None:
    """Have the undo that is asked for end at once."""
    ask = host.execute

    def execute(argv: object, **other: object) -> object:
        done = ask(argv, **other)  # type: ignore[arg-type]
        if "operator" in str(argv):
            fakes.undone(host, armed, why, entirely=entirely)
        return done

    host.execute = execute  # type: ignore[method-assign, assignment]


def found(session: Session) -> ArmedChange:
    there = standing(session).armed
    assert there is not None
    return there


def undo(session: Session, there: ArmedChange) -> Rollback:
    """As whoever takes the change up does."""
    return resume.undo(subject_kept.about(session, there.checkpoint), there)


def compare_now(session: Session, checkpoint: Checkpoint, *did: str) -> Rollback:
    """Likewise."""
    return resume.compare_now(subject_kept.about(session, checkpoint), checkpoint, *did)


def test_a_host_that_never_had_a_change_says_so(session: Session) -> None:
    there = standing(session)
    assert there.state == "never changed"
    assert there.describe() == ("no change was ever armed on this host",)
    assert there.as_dict()["host"] == "server-01"


def test_what_is_armed_is_told_in_words_and_for_programs(
    session: Session, armed: Armed, host: fakes.FakeHost
) -> None:
    host.events.clear()
    there = standing(session)
    told = there.as_dict()
    assert there.state == told["state"] == "armed"
    assert (told["change_id"], told["operator"]) == (armed.change_id, "root@desk")
    assert (told["seconds_left"], told["steps_made"]) == (42.0, 0)
    assert host.events == []


@pytest.mark.usefixtures("armed")
def test_one_s_own_change_needs_no_more_words(session: Session) -> None:
    resume.claim(session, found(session), "undo", take_over=False)


@pytest.mark.usefixtures("armed")
@pytest.mark.parametrize("verb", ["undo", "confirm"])
def test_somebody_else_s_needs_a_take_over(session: Session, verb: str) -> None:
    mine = replace(session, operator=OTHER)
    with pytest.raises(InProgress, match="root@desk") as told:
        resume.claim(mine, found(session), verb, take_over=False)
    assert f"`runbook {verb} server-01 --take-over`" in told.value.then
    resume.claim(mine, found(session), verb, take_over=True)


@pytest.mark.usefixtures("armed")
def test_so_does_a_stale_one_even_one_s_own(session: Session, host: fakes.FakeHost) -> None:
    host.answers[0] = fakes.ticking(None)
    with pytest.raises(InProgress, match="its timer does not run") as told:
        resume.claim(session, found(session), "undo", take_over=False)
    assert "runs its undo script" in told.value.then


def test_without_an_undo_script_it_is_said_that_nothing_is_undone(
    session: Session, host: fakes.FakeHost
) -> None:
    host.links[layout.ARMED] = "20260302T120000Z-ffffff"
    with pytest.raises(InProgress) as told:
        resume.claim(session, found(session), "undo", take_over=False)
    assert "only removes its lock" in told.value.then
    assert "look at the host's state first" in told.value.then


@pytest.mark.usefixtures("sees")
def test_it_is_compared_and_the_history_says_who_and_what(
    session: Session, armed: Armed, host: fakes.FakeHost
) -> None:
    undone_by(host, armed, "operator")
    assert undo(session, found(session)).as_before
    log = host.text(armed.layout.journal)
    assert "undo asked for by root@desk" in log
    assert journal.AS_BEFORE in log
    past = standing(session).ended
    assert past is not None
    assert not past.to_compare


@pytest.mark.usefixtures("sees")
def test_a_full_disk_does_not_stand_in_its_way(
    session: Session, armed: Armed, host: fakes.FakeHost
) -> None:
    full = StepFailed("no space left", host="server-01", state="x", then="y")
    host.fails[f"append {armed.layout.journal}: 2026-03-01T12:00:00.000Z undo asked"] = full
    undone_by(host, armed, "operator")
    assert undo(session, found(session)).as_before


def test_a_row_that_is_left_is_a_loud_error(
    session: Session, armed: Armed, host: fakes.FakeHost, sees: Sees
) -> None:
    undone_by(host, armed, "operator")
    sees(fakes.seen(routes=[fakes.connected(fakes.NIC)]))
    with pytest.raises(RollbackDiffers, match="- routes"):
        undo(session, found(session))


@pytest.mark.usefixtures("sees")
def test_an_undo_that_ended_in_part_is_one_too_with_all_rows_back(
    session: Session, armed: Armed, host: fakes.FakeHost
) -> None:
    undone_by(host, armed, "operator", entirely=False)
    with pytest.raises(RollbackDiffers, match="cannot put back /etc/x") as told:
        undo(session, found(session))
    assert "still locked" in told.value.state
    assert "--take-over" in told.value.then


@pytest.mark.usefixtures("sees")
def test_without_the_state_before_it_is_undone_and_not_called_as_before(
    session: Session, armed: Armed, host: fakes.FakeHost
) -> None:
    host.hold(armed.layout.before, "{")
    undone_by(host, armed, "operator")
    with pytest.raises(NotCompared, match="nothing was compared"):
        undo(session, found(session))
    assert layout.ARMED not in host.links


@pytest.mark.usefixtures("sees")
def test_without_a_script_only_the_lock_goes_and_its_program_is_shut_out(
    session: Session, armed: Armed, host: fakes.FakeHost
) -> None:
    del host.files[armed.layout.undo]
    host.events.clear()
    assert undo(session, found(session)).as_before
    removed = [event for event in host.events if event.startswith("remove")]
    assert removed[:2] == [f"remove {armed.layout.open}", f"remove {layout.ARMED}"]
    assert not [event for event in host.events if "systemd-run" in event]


@pytest.mark.usefixtures("sees")
def test_a_lock_that_points_nowhere_leaves_nothing_to_compare_with(
    session: Session, host: fakes.FakeHost
) -> None:
    host.links[layout.ARMED] = "20260302T120000Z-ffffff"
    with pytest.raises(NotCompared, match="only the lock was removed"):
        undo(session, found(session))
    assert layout.ARMED not in host.links


@pytest.mark.usefixtures("sees")
def test_what_was_undone_with_nobody_there_is_compared_once(
    session: Session, armed: Armed, host: fakes.FakeHost
) -> None:
    fakes.undone(host, armed, "deadline")
    past = standing(session).ended
    assert past is not None
    assert past.to_compare
    resume.need_undone(standing(session), "undo")
    assert compare_now(session, past.checkpoint).as_before
    again = standing(session).ended
    assert again is not None
    assert not again.to_compare


def test_rows_that_differ_are_compared_again_the_next_time(
    session: Session, armed: Armed, host: fakes.FakeHost, sees: Sees
) -> None:
    fakes.undone(host, armed, "deadline")
    past = standing(session).ended
    assert past is not None
    sees(fakes.seen(routes=[]))
    with pytest.raises(RollbackDiffers, match=r"by its deadline at \S+, and the host differs"):
        compare_now(session, past.checkpoint, f"the change was {past.undone}")
    again = standing(session).ended
    assert again is not None
    assert again.to_compare


@pytest.mark.parametrize("verb", ["undo", "confirm"])
def test_on_a_host_that_never_had_a_change(session: Session, verb: str) -> None:
    with pytest.raises(NothingArmed, match="no change was ever armed") as told:
        resume.need_undone(standing(session), verb)
    assert "nothing has to be undone" in told.value.then


@pytest.mark.parametrize("verb", ["undo", "confirm"])
def test_a_confirmed_change_stays_confirmed(
    session: Session, armed: Armed, host: fakes.FakeHost, verb: str
) -> None:
    fakes.add(host, armed.layout.journal, "2026-03-01T12:00:09Z confirmed: it stays\n")
    del host.links[layout.ARMED]
    with pytest.raises(NothingArmed, match="confirmed at") as told:
        resume.need_undone(standing(session), verb)
    by_hand = (f"sh {armed.layout.undo}", "at the host's console", "runbook revert server-01")
    assert all((words in told.value.then) == (verb == "undo") for words in by_hand)


def test_an_undone_change_cannot_be_confirmed(
    session: Session, armed: Armed, host: fakes.FakeHost
) -> None:
    fakes.undone(host, armed, "deadline")
    with pytest.raises(NothingArmed, match="undone by its deadline"):
        resume.need_undone(standing(session), "confirm")


def test_a_lock_that_somebody_removed_leaves_the_way_by_hand(
    session: Session, armed: Armed, host: fakes.FakeHost
) -> None:
    apply_phase(armed, host, "prepare", fakes.Time().now)
    del host.links[layout.ARMED]
    with pytest.raises(NothingArmed) as told:
        resume.need_undone(standing(session), "undo")
    assert f"sh {armed.layout.undo}" in told.value.then


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, armed: Armed) -> list[tuple[object, ...]]:
    """What is probed after the change; all of it answers."""
    made: list[tuple[object, ...]] = []

    def probe(_host: object, *asked: object) -> Probed:
        made.append(asked)
        return replace(fakes.PROBED, gateway_sees=armed.plan.of_host.mac)

    monkeypatch.setattr(probes, "probe", probe)
    return made


def test_all_made_it_is_verified_by_what_was_promised_then_and_confirmed(
    session: Session,
    armed: Armed,
    host: fakes.FakeHost,
    sees: Sees,
    asked: list[tuple[object, ...]],
) -> None:
    all_made(armed, host)
    sees(fakes.as_promised(armed.plan.of_host))
    # The file in params/ may say something else by now.
    other = replace(session, params=fakes.params(gateway="172.16.0.9", probes=["172.16.0.8"]))
    underway, applied = resume.resume(other, found(other))
    verified = resume.verify(other, underway, applied)
    assert asked == [(fakes.GATEWAY, [fakes.GATEWAY], fakes.NIC, fakes.BRIDGE)]
    pipeline.confirm(other, verified)
    assert standing(session).state == "confirmed"


@pytest.mark.usefixtures("asked")
def test_what_is_not_as_promised_is_not_confirmed(
    session: Session, armed: Armed, host: fakes.FakeHost, sees: Sees
) -> None:
    all_made(armed, host)
    sees(fakes.seen())
    with pytest.raises(NotAsPromised) as told:
        resume.verify(session, *resume.resume(session, found(session)))
    assert "`runbook undo server-01`" in told.value.then
    assert layout.ARMED in host.links


def test_half_made_it_is_refused(session: Session, armed: Armed, host: fakes.FakeHost) -> None:
    for phase in PHASES[:-1]:
        apply_phase(armed, host, phase, fakes.Time().now)
    with pytest.raises(HalfMade, match="steps were made"):
        resume.resume(session, found(session))


def test_once_an_undo_began_it_is_refused(
    session: Session, armed: Armed, host: fakes.FakeHost
) -> None:
    all_made(armed, host)
    fakes.add(host, armed.layout.journal, "2026-03-01T12:00:09Z undo (deadline): begins\n")
    with pytest.raises(HalfMade, match="its undo has begun"):
        resume.resume(session, found(session))


@pytest.mark.parametrize("name", ["manifest", "plan", "before", "probes"])
def test_without_knowing_all_that_was_promised_it_is_refused(
    session: Session, armed: Armed, host: fakes.FakeHost, name: str
) -> None:
    all_made(armed, host)
    path = getattr(armed.layout, name)
    del host.files[path]
    with pytest.raises(HalfMade, match=f"{path} is missing"):
        resume.resume(session, found(session))


@dataclass
class Guests:
    """The guests of a change, one of which did not put itself back."""

    asked: list[bool] = field(default_factory=list)

    def undo(self, _host: object, *, confirmed_too: bool) -> tuple[GuestDifference, ...]:
        self.asked.append(confirmed_too)
        return (NOT_SEEN,)


@pytest.fixture
def guests(monkeypatch: pytest.MonkeyPatch) -> Guests:
    there = Guests()
    subject = GuestSubject(cast("GuestSessions", there))
    monkeypatch.setattr(
        subject_kept, "about", lambda session, _kept: replace(session, subject=subject)
    )
    return there


@pytest.mark.usefixtures("sees")
def test_after_the_timers_the_guests_are_looked_into_as_well(
    session: Session, armed: Armed, host: fakes.FakeHost, guests: Guests
) -> None:
    fakes.undone(host, armed, "deadline")
    past = standing(session).ended
    assert past is not None
    with pytest.raises(RollbackDiffers, match="vm-01 is undone in part"):
        compare_now(session, past.checkpoint)
    assert guests.asked == [True]
    again = standing(session).ended
    assert again is not None
    assert again.to_compare


@pytest.mark.usefixtures("sees", "armed")
def test_where_only_the_lock_goes_no_guest_is_made_to_undo_what_it_confirmed(
    session: Session, armed: Armed, host: fakes.FakeHost, guests: Guests
) -> None:
    del host.files[armed.layout.undo]
    with pytest.raises(RollbackDiffers):
        undo(session, found(session))
    assert guests.asked == [False]


@pytest.mark.usefixtures("sees")
@pytest.mark.parametrize("readable", [True, False])
def test_guests_of_a_plan_that_cannot_be_read_are_not_called_as_before(
    session: Session, host: fakes.FakeHost, *, readable: bool
) -> None:
    plan, before = guest_data.plan(guest_data.seen()), {"vm-01": insides.seen()}
    made = arm(Cleared(plan, fakes.seen(), ()), fakes.PROBED, host, fakes.ORDER, before)
    place = made.layout
    if not readable:
        # Without its subject, as version 0.1 wrote it.
        host.hold(place.manifest, "{")
        host.hold(place.undo, host.text(place.undo).replace("# subject: guests vm-01\n", ""))
        host.hold(place.guests, "{")
    host.hold(place.plan, "{")
    undone_by(host, made, "operator")
    with pytest.raises(
        RollbackDiffers, match="not everything could be confirmed as before"
    ) as caught:
        undo(session, found(session))
    said = "vm-01" if readable else f"a guest of which {place.guests} is damaged"
    assert f"not looked at: {said}" in str(caught.value)
    assert f"{place.plan} cannot be read" in str(caught.value)
    assert journal.read(host, place.journal).compared == journal.UNSEEN


def end(session: Session) -> None:
    """Undo what stands there, or compare after the undo that was."""
    there = standing(session)
    if there.armed:
        undo(session, there.armed)
    elif there.ended:
        compare_now(session, there.ended.checkpoint)


@pytest.mark.usefixtures("sees")
@pytest.mark.parametrize("ended", ["by it", "by the deadline", "its lock only"])
def test_where_nobody_can_tell_whether_guests_are_there_nothing_is_called_as_before(
    session: Session, armed: Armed, host: fakes.FakeHost, ended: str
) -> None:
    place = armed.layout
    for path in (place.plan, place.manifest):
        host.hold(path, "{")
    host.hold(place.undo, "" if ended == "its lock only" else "#!/bin/sh\n")
    undone_by(host, armed, "operator")
    if ended == "by the deadline":
        fakes.undone(host, armed, "deadline")
    with pytest.raises(
        RollbackDiffers, match="not everything could be confirmed as before"
    ) as caught:
        end(session)
    assert "not looked at: a guest of which nobody can tell" in str(caught.value)
    assert "no row differs" not in str(caught.value)
    assert journal.AS_BEFORE not in host.text(place.journal)


@pytest.mark.usefixtures("sees")
def test_guests_that_nobody_can_look_at_are_told_beside_a_loud_error_too(
    session: Session, host: fakes.FakeHost
) -> None:
    host.links[layout.ARMED] = "20260302T120000Z-ffffff"
    with pytest.raises(NotCompared, match="nothing was compared") as caught:
        undo(session, found(session))
    assert "not looked at: a guest of which nobody can tell" in str(caught.value)


@pytest.mark.usefixtures("sees")
@pytest.mark.parametrize("damage", ["missing", "damaged"])
def test_guests_that_only_the_undo_script_names_are_named(
    session: Session, host: fakes.FakeHost, damage: str
) -> None:
    plan = guest_data.plan(guest_data.seen())
    made = arm(Cleared(plan, fakes.seen(), ()), fakes.PROBED, host, fakes.ORDER, {})
    place = made.layout
    host.hold(place.plan, "{")
    if damage == "missing":
        del host.files[place.guests]
    else:
        host.hold(place.guests, "{")
    undone_by(host, made, "operator")
    with pytest.raises(RollbackDiffers, match=f"not looked at: {guest_data.NAME}; ") as caught:
        undo(session, found(session))
    assert "no row differs" not in str(caught.value)
    assert journal.read(host, place.journal).compared == journal.UNSEEN


@pytest.mark.usefixtures("sees")
def test_a_host_s_own_change_is_as_before_without_its_plan(
    session: Session, armed: Armed, host: fakes.FakeHost
) -> None:
    host.hold(armed.layout.plan, "{")
    undone_by(host, armed, "operator")
    assert undo(session, found(session)).as_before
