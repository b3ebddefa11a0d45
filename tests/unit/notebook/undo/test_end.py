from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from IPython.core.error import StdinNotImplementedError
from tests.unit import fakes

from runbook import cli
from runbook.apply import rollback
from runbook.apply.checkpoint import Armed, layout
from runbook.apply.phases import apply_phase
from runbook.common.errors import (
    ChangeInProgress,
    GoToTheConsole,
    HypervisorUnavailable,
    ParameterError,
    RollbackDiffers,
    VerificationFailed,
)
from runbook.notebook.routed import cells
from runbook.notebook.undo import cells as nb
from runbook.notebook.undo import end as undo_end
from runbook.notebook.undo import look
from runbook.params import KnownHost, Params
from runbook.plan.plan import PHASES
from runbook.records.manifest import load
from runbook.run import pipeline, record, standing
from runbook.run.record import MIME, RunRecord
from runbook.run.session import HostSession, Session
from runbook.state.snapshot import Snapshot

Answer = Callable[[str | BaseException], None]
NEW = "20260302T000000Z-000000"
NOBODY = StdinNotImplementedError()
HUNG = HypervisorUnavailable("libvirt hangs", host="server-01", state="x", then="y")


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> fakes.FakeHost:
    """The host that is connected to; an undo that is asked for ends at once."""
    made = Undoing(**vars(fakes.standard_host()))
    made.answers[:0] = [fakes.ticking(42.0)]

    def open_session(params: Params, clock: object = None) -> Session:
        del clock
        return Session(params, made, "root@desk", made.run, fakes.Time(), lambda: made)

    def open_known(params: KnownHost, clock: object = None) -> HostSession:
        del clock
        return HostSession(params, made, "root@desk", made.run, fakes.Time(), lambda: made)

    monkeypatch.setattr(pipeline, "open_session", open_session)
    for module in (standing, look):
        monkeypatch.setattr(module, "open_host_session", open_known)
    return made


class Undoing(fakes.FakeHost):
    armed: Armed | None = None
    entirely = True
    run = NEW

    def execute(self, argv: Any, **other: Any) -> Any:  # noqa: ANN401 - as of any host
        done = super().execute(argv, **other)
        if self.armed and "operator" in argv:
            fakes.undone(self, self.armed, "operator", entirely=self.entirely)
        return done


@pytest.fixture
def armed(host: Undoing) -> Armed:
    host.armed = fakes.armed(host)
    return host.armed


@pytest.fixture
def sees(monkeypatch: pytest.MonkeyPatch) -> Callable[[Snapshot | BaseException], None]:
    """Say what the host looks like now, or why it cannot be seen."""

    def is_(seen: Snapshot | BaseException) -> None:
        def take(_host: object, _now: object) -> Snapshot:
            if isinstance(seen, BaseException):
                raise seen
            return seen

        for module in (rollback, pipeline):
            monkeypatch.setattr(module, "take", take)

    is_(fakes.seen())
    return is_


def through(**given: object) -> None:
    """Every cell of the notebook."""
    wanted = nb.parameters({"host": "server-01", **given})
    nb.record(nb.do(nb.decide(nb.look(nb.meet(wanted)))))


def recorded(home: Path) -> RunRecord:
    return record.read(home / "outputs" / "server-01" / NEW)


def page(shown: list[Any]) -> str:
    return "\n".join(t["text/plain"] if isinstance(t, dict) else t for t in shown)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"action": "restore"}, "no such action"),
        ({"action": True}, "no such action"),
        ({"take_over": "perhaps"}, "neither True nor False"),
        ({"bridge": "virbr7"}, "no parameter of this name"),
        ({"acton": "undo"}, "no parameter of this name"),
    ],
)
def test_a_wrong_parameter_stops_before_any_contact(
    given: dict[str, object], said: str, home: Path
) -> None:
    with pytest.raises(ParameterError, match=said):
        through(**given)
    assert not (home / "outputs").exists()


@pytest.mark.usefixtures("sees")
@pytest.mark.parametrize("typed", [NOBODY, "", "yes", "UNDO", EOFError(), KeyboardInterrupt()])
def test_without_a_clear_word_it_only_looks(
    typed: str | BaseException,
    host: Undoing,
    armed: Armed,
    home: Path,
    shown: list[Any],
    answer: Answer,
) -> None:
    answer(typed)
    through()
    assert host.events == []
    assert recorded(home).told == "only looked"
    assert recorded(home).outcome["exit"] == 0
    assert armed.change_id in page(shown)


@pytest.mark.usefixtures("host", "home")
def test_what_it_looked_at_says_which_change_and_what_differs(
    armed: Armed, sees: Callable[[Snapshot], None]
) -> None:
    sees(fakes.seen(routes=[]))
    looked = nb.look(nb.meet(nb.parameters({"host": "server-01"})))
    assert set(looked.diff["table"]) == {"routes"}
    assert looked.diff["change"].tolist() == ["removed"] * len(armed.cleared.before.routes)
    assert repr(looked).startswith("<undo view: host server-01, state armed, change ")
    assert armed.change_id in repr(looked)
    assert armed.change_id in looked._repr_html_()


@pytest.mark.usefixtures("sees", "armed")
def test_undo_typed_is_undone_and_compared(
    host: Undoing, home: Path, shown: list[Any], answer: Answer
) -> None:
    answer("undo ")
    through()
    told = recorded(home)
    assert told.told == "undone: as before"
    assert told.outcome["exit"] == 0
    assert {"found.json", "before.json", "now.json", "after.json", "diff.json"} <= set(
        told.products
    )
    assert json.loads((told.path / "diff.json").read_text()) == []
    assert layout.ARMED not in host.links
    assert [t[MIME]["outcome"] for t in shown if isinstance(t, dict)] == ["undone: as before"]


@pytest.mark.usefixtures("sees", "armed")
def test_while_the_question_is_open_its_record_says_that_it_waits(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile: list[str] = []

    def typed(_: str) -> str:
        meanwhile.append(recorded(home).told)
        return "undo"

    monkeypatch.setattr("builtins.input", typed)
    through()
    assert meanwhile[0].startswith("waits for a person's answer; process ")
    assert recorded(home).told == "undone: as before"


@pytest.mark.usefixtures("armed")
def test_a_state_that_cannot_be_read_now_does_not_stand_in_the_way_of_an_undo(
    host: Undoing,
    home: Path,
    shown: list[Any],
    sees: Callable[[Snapshot | BaseException], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sees(fakes.seen())
    monkeypatch.setattr(pipeline, "read", lambda _session: (_ for _ in ()).throw(HUNG))
    through(action="undo")
    assert "the state cannot be read now: libvirt hangs" in page(shown)
    assert recorded(home).told == "undone: as before"
    assert layout.ARMED not in host.links


@pytest.mark.usefixtures("armed")
def test_a_row_that_differs_is_shown_recorded_and_no_success(
    home: Path, sees: Callable[[Snapshot | BaseException], None]
) -> None:
    sees(fakes.seen(routes=[fakes.connected(fakes.NIC)]))
    with pytest.raises(RollbackDiffers, match="- routes"):
        through(action="undo")
    told = recorded(home)
    assert told.told == "unknown: go to the console"
    assert told.outcome["exit"] == 1
    assert "default" in (told.path / "diff.json").read_text()


@pytest.mark.usefixtures("armed", "sees")
def test_an_undo_that_ended_in_part_is_no_success(
    host: Undoing, home: Path, shown: list[Any]
) -> None:
    host.entirely = False
    with pytest.raises(RollbackDiffers, match="cannot put back /etc/x"):
        through(action="undo")
    assert recorded(home).told == "unknown: go to the console"
    assert "the undo script reports: cannot put back /etc/x" in page(shown)


@pytest.mark.usefixtures("sees")
@pytest.mark.parametrize("at_the_desk", [True, False])
def test_guests_that_nobody_can_look_at_are_on_the_page_and_no_word_that_all_is_well(
    host: Undoing,
    armed: Armed,
    home: Path,
    shown: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    *,
    at_the_desk: bool,
) -> None:
    monkeypatch.setattr(undo_end, "somebody_there", lambda: at_the_desk)
    place = armed.layout
    # Without its subject, as version 0.1 wrote it.
    host.hold(place.undo, host.text(place.undo).replace("# subject: host\n", ""))
    for path in (place.plan, place.manifest, place.guests):
        host.hold(path, "{")
    with pytest.raises(RollbackDiffers, match="not looked at: a guest of which") as caught:
        through(action="undo", take_over=True)
    # The result has the whole text: neither a line of its own nor the cell's error says it again.
    assert page(shown).count("not looked at: a guest of which") == 1
    # On a terminal nothing stands above the error, so it says everything itself.
    assert caught.value.shown is at_the_desk
    told = recorded(home)
    assert told.told == "unknown: go to the console"
    assert "not looked at: a guest of which" in str(told.outcome["said"])
    after = page(shown).rpartition("After the undo")[2]
    assert "not looked at: a guest of which" in after
    assert "no row differs" not in after


@pytest.mark.usefixtures("sees")
def test_without_the_state_before_the_state_after_is_shown_and_nothing_claimed(
    host: Undoing, armed: Armed, home: Path
) -> None:
    host.hold(armed.layout.before, "{")
    with pytest.raises(GoToTheConsole, match="nothing was compared"):
        through(action="undo")
    assert recorded(home).told == "unknown: go to the console"
    assert "after.json" in recorded(home).products


@pytest.mark.usefixtures("armed", "sees")
@pytest.mark.parametrize("action", ["undo", "confirm"])
def test_a_stale_change_is_refused_recorded_and_left_alone(
    host: Undoing, home: Path, shown: list[Any], action: str
) -> None:
    host.answers[0] = fakes.ticking(None)
    with pytest.raises(ChangeInProgress, match="its timer does not run"):
        through(action=action)
    assert recorded(home).told == "refused"
    assert host.events == []
    assert "stale" in page(shown)


@pytest.mark.usefixtures("armed", "sees")
def test_half_made_it_is_not_confirmed(host: Undoing, home: Path) -> None:
    with pytest.raises(VerificationFailed, match="no step was made"):
        through(action="confirm")
    assert recorded(home).told == "refused"
    assert host.events == []


@pytest.mark.usefixtures("sees")
def test_not_as_promised_it_is_not_confirmed_and_the_verdict_kept(
    host: Undoing, armed: Armed, home: Path, shown: list[Any]
) -> None:
    for phase in PHASES:
        apply_phase(armed, host, phase, fakes.Time().now)
    with pytest.raises(VerificationFailed, match="not as promised"):
        through(action="confirm")
    assert recorded(home).told == "refused"
    assert "verdict.json" in recorded(home).products
    assert "The verdict: not as promised" in page(shown)
    assert layout.ARMED in host.links


def test_as_promised_it_is_confirmed(
    host: Undoing,
    armed: Armed,
    home: Path,
    shown: list[Any],
    sees: Callable[[Snapshot | BaseException], None],
) -> None:
    for phase in PHASES:
        apply_phase(armed, host, phase, fakes.Time().now)
    sees(fakes.as_promised(armed.plan.of_host))
    host.gateway_sees = armed.plan.of_host.mac
    through(action="confirm")
    assert recorded(home).told == "as promised"
    assert layout.ARMED not in host.links
    assert "The verdict: as promised" in page(shown)
    # Whoever looks again, to undo it, is told what does that now.
    host.run = "20260303T000000Z-000000"
    through()
    assert "it stays; revert.ipynb takes it back" in page(shown)


@pytest.mark.usefixtures("sees")
def test_what_was_undone_by_itself_is_compared_and_then_there_is_nothing_to_do(
    host: Undoing, armed: Armed, home: Path
) -> None:
    fakes.undone(host, armed, "deadline")
    through(action="undo")
    assert recorded(home).told == "undone: as before"
    assert not [event for event in host.events if "systemd-run" in event]
    host.run = "20260303T000000Z-000000"
    through(action="undo")
    assert record.read(home / "outputs/server-01" / host.run).told == "nothing to do"


@pytest.mark.usefixtures("home")
def test_a_new_run_stops_at_what_it_finds_shows_it_and_says_how_to_end_it(
    host: Undoing, armed: Armed, shown: list[Any]
) -> None:
    with pytest.raises(ChangeInProgress) as told:
        cells.meet(cells.parameters({"host": "server-01"}))
    assert host.events == []
    assert armed.change_id in page(shown)
    assert "no step was made" in page(shown)
    for way in ("runbook status", "runbook undo", "runbook confirm", "notebooks/undo.ipynb"):
        assert way in told.value.then


def verb(*words: str) -> Result:
    return CliRunner().invoke(cli.runbook, words)


def test_status_is_a_success_whatever_it_finds(host: Undoing, home: Path) -> None:
    done = verb("status", "server-01")
    assert done.exit_code == 0
    assert "no change was ever armed" in done.output
    host.links[layout.ARMED] = "20260302T120000Z-ffffff"
    told = json.loads(verb("status", "server-01", "--json").output)
    assert told["state"] == "stale"
    assert told["operator"] is None
    assert not (home / "outputs").exists()


@pytest.mark.usefixtures("sees", "armed")
def test_the_verb_leaves_the_record_that_the_notebook_leaves(host: Undoing, home: Path) -> None:
    done = verb("undo", "server-01")
    assert done.exit_code == 0, done.output
    assert "UNDONE: AS BEFORE" in done.output
    assert recorded(home).told == "undone: as before"
    assert layout.ARMED not in host.links


@pytest.mark.usefixtures("sees", "host", "home")
@pytest.mark.parametrize("name", ["undo", "confirm"])
def test_nothing_to_end_is_no_success(name: str) -> None:
    done = verb(name, "server-01")
    assert done.exit_code == 1
    assert "no change was ever armed" in str(done.exception)


@pytest.mark.parametrize("name", ["undo", "confirm", "status"])
def test_the_help_says_what_the_exit_status_means(name: str) -> None:
    assert "exit status is 0" in " ".join(verb(name, "--help").output.split())


BROKEN = {
    "a rules file with a typo": (None, "*filter\n-A INPUT -j\n:\n"),
    "no rules file": ("rules: server-01.rules\n", None),
    "a wrong bridge": ("bridge: enp4s0f0\n", None),
    "an unknown name": ("gatway: 172.16.0.1\n", None),
    "the way in alone": ("", None),
}


@pytest.fixture(params=BROKEN)
def broken(request: pytest.FixtureRequest, home: Path) -> None:
    """The host's file, wrong in what only a change needs, or its rules."""
    text, rules = BROKEN[request.param]
    path = home / "params/server-01.yaml"
    good = path.read_text() + "\nrules: server-01.rules\n"
    path.write_text(good if text is None else f"connect: ssh\n{text}")
    if rules:
        (home / "params/server-01.rules").write_text(rules)


@pytest.mark.usefixtures("broken", "sees", "armed")
def test_a_file_that_is_wrong_for_a_change_leads_back_all_the_same(
    host: Undoing, home: Path
) -> None:
    told = verb("status", "server-01", "--json")
    assert json.loads(told.output)["state"] == "armed", told.output
    done = verb("undo", "server-01")
    assert done.exit_code == 0, done.exception
    assert recorded(home).told == "undone: as before"
    assert layout.ARMED not in host.links


@pytest.mark.usefixtures("broken")
def test_it_confirms_what_was_seen_as_well(
    host: Undoing, armed: Armed, home: Path, sees: Callable[[Snapshot | BaseException], None]
) -> None:
    for phase in PHASES:
        apply_phase(armed, host, phase, fakes.Time().now)
    sees(fakes.as_promised(armed.plan.of_host))
    host.gateway_sees = armed.plan.of_host.mac
    done = verb("confirm", "server-01")
    assert done.exit_code == 0, done.exception
    assert recorded(home).told == "as promised"


@pytest.mark.usefixtures("sees", "armed")
def test_without_a_file_the_verb_says_so_and_goes_to_the_host_by_its_name(
    host: Undoing, home: Path
) -> None:
    (home / "params/server-01.yaml").unlink()
    told = verb("status", "server-01", "--json")
    assert "there is no params/server-01.yaml" in told.stderr
    assert json.loads(told.stdout)["state"] == "armed"
    done = verb("undo", "server-01")
    assert done.exit_code == 0, done.exception
    assert "there is no params/server-01.yaml" in done.output
    assert layout.ARMED not in host.links


@pytest.mark.usefixtures("sees", "armed")
@pytest.mark.parametrize("name", ["status", "undo", "confirm"])
def test_another_machine_than_the_one_pinned_is_refused(
    host: Undoing, home: Path, name: str
) -> None:
    host.hold("/etc/machine-id", f"{'a' * 32}\n")
    (home / "params/server-01.yaml").write_text(f"machine_id: {'b' * 32}\n")
    done = verb(name, "server-01")
    assert done.exit_code == 1
    assert f"its machine id is {'a' * 32}" in str(done.exception)
    assert host.events == []
    (home / "params/server-01.yaml").write_text(f"machine_id: {'a' * 32}\n")
    assert verb("status", "server-01").exit_code == 0


@pytest.mark.usefixtures("sees", "host")
def test_a_file_that_is_no_yaml_is_refused_before_any_contact(home: Path) -> None:
    (home / "params/server-01.yaml").write_text("connect: [ssh\n")
    for name in ("status", "undo", "confirm"):
        done = verb(name, "server-01")
        assert done.exit_code == 1
        assert isinstance(done.exception, ParameterError)
    assert not (home / "outputs").exists()


@pytest.mark.usefixtures("sees")
def test_an_undo_is_named_in_the_record_of_the_change_that_it_undid(
    armed: Armed, home: Path, shown: list[Any], answer: Answer
) -> None:
    first = record.create(home / "outputs", "server-01", armed.change_id)
    first.once("begun.json", "{}")
    answer("undo")
    through()
    (link,) = first.path.glob("later-*.json")
    told = json.loads(link.read_text())["predicate"]
    second = first.path.parent / told["by"]["change_id"]
    assert told["relation"] == "undone by"
    manifest = (second / "record.json").read_bytes()
    assert told["by"]["sha256"] == hashlib.sha256(manifest).hexdigest()
    assert load(second).predicate.links[0].change_id == armed.change_id
    assert shown


def test_a_look_alone_is_named_in_no_other_record(
    host: Undoing, home: Path, answer: Answer, armed: Armed
) -> None:
    first = record.create(home / "outputs", "server-01", armed.change_id)
    answer("")
    through()
    assert list(first.path.iterdir()) == []
    assert layout.ARMED in host.links
