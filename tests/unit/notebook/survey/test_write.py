"""The cells of survey.ipynb, one after the other, on the recorded host."""

from __future__ import annotations

import builtins
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from IPython.core.error import StdinNotImplementedError

from runbook.common import atomic_files
from runbook.common.errors import CorrectParameters, ParameterError, Refused
from runbook.notebook.live import after_typing
from runbook.notebook.shared import next_steps
from runbook.notebook.shared.ending import RunHasEnded
from runbook.notebook.survey import cells as nb
from runbook.notebook.survey import look
from runbook.notebook.survey import write as survey_write
from runbook.params import for_host
from runbook.preflight import Finding
from runbook.preflight.survey import candidates
from runbook.run import pipeline, record
from runbook.views.links import Link

ROOT = Path(__file__).parents[4]
NEW = {"host": "new", "connect": "recorded", "recording": "example.json"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the recorded host, and nobody to ask."""
    (tmp_path / "params").mkdir()
    for name in ("example.yaml", "example.json"):
        shutil.copy(ROOT / "params" / name, tmp_path / "params")
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    typed(monkeypatch, None)
    return tmp_path


def typed(monkeypatch: pytest.MonkeyPatch, what: str | None) -> None:
    """Say what is typed at the prompt; None where nobody can type."""

    def ask(prompt: str) -> str:
        assert "Type" in prompt
        if what is None:
            raise StdinNotImplementedError
        return what

    monkeypatch.setattr(builtins, "input", ask)
    monkeypatch.setattr(look, "somebody_there", lambda: what is not None)


def drafted(given: Mapping[str, object]) -> survey_write.ParamsDraft:
    return nb.draft(nb.settle(nb.choose(nb.meet(nb.parameters(given)))))


def survey(given: Mapping[str, object]) -> None:
    nb.record(nb.write(drafted(given)))


def outcome(home: Path) -> Any:  # noqa: ANN401
    (path,) = home.glob("outputs/*/*/outcome.json")
    return json.loads(path.read_text())["outcome"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("interface", "enp9s9", "has none of that name"),
        ("address", "172.16.1.77/16", "it is not on enp4s0f0"),
        ("gateway", "10.0.0.1", "not on the link"),
        ("bridge", "virbr0", "network default"),
        ("network", "default", "network default"),
        ("consent", "everything", "no finding is called 'everything'"),
        ("bridge_mac", 41135085296, "it must be text"),
    ],
)
def test_a_wrong_value_is_refused_with_its_reason_and_nothing_is_written(
    home: Path, name: str, value: object, said: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        survey({**NEW, name: value})
    assert caught.value.field == name
    assert said in str(caught.value)
    assert outcome(home) == "refused"
    assert not (home / "params/new.yaml").exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"host": "../x"}, "no path"),
        ({"host": "new", "intrface": "eth0"}, "intrface"),
        ({"host": "new", "connect": "recorded"}, "no recording is named"),
        ({"host": "new", "mode": "dry"}, "no such mode"),
    ],
)
def test_what_cannot_be_meant_fails_before_any_contact(
    home: Path, given: Mapping[str, object], said: str
) -> None:
    with pytest.raises(ParameterError, match=said):
        nb.parameters(given)
    assert not (home / "outputs").exists()


def test_a_file_that_is_there_keeps_all_that_is_not_changed(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = home / "params/example.yaml"
    before = path.read_text()
    survey({"host": "example", "bridge": "virbr7", "bridge_mac": "52:54:00:12:34:56"})
    assert "-bridge: virbr1\n+bridge: virbr7\n" in capsys.readouterr().out
    after = path.read_text()
    kept = before.replace("bridge: virbr1\n", "bridge: virbr7\n")
    assert after.startswith(kept)
    assert 'bridge_mac: "52:54:00:12:34:56"' in after.removeprefix(kept)
    (folder,) = home.glob("outputs/example/*")
    assert (folder / "before.yaml").read_text() == before
    assert (folder / "written.yaml").read_text() == after
    assert for_host(home / "params", {"host": "example"}).bridge == "virbr7"


def test_a_file_that_says_so_already_is_left_alone(home: Path) -> None:
    path = home / "params/example.yaml"
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    survey({"host": "example"})
    assert outcome(home) == "nothing to do"
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


@pytest.mark.parametrize("answer", ["", "yes", "example"])
def test_a_person_who_types_anything_but_the_host_s_name_has_nothing_written(
    home: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    typed(monkeypatch, answer)
    survey(NEW)
    assert outcome(home) == "only looked"
    assert not (home / "params/new.yaml").exists()


def test_a_typing_error_costs_no_survey(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = ["nwe", "NEW", "new"]
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return answers[len(asked) - 1]

    monkeypatch.setattr(builtins, "input", answer)
    survey(NEW)
    assert asked[1] == "'nwe' is not the host's name. Type new, or nothing: "
    assert (home / "params/new.yaml").exists()


def test_while_the_question_is_open_its_record_says_that_it_waits(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile: list[str] = []

    def typed(_: str) -> str:
        (path,) = home.glob("outputs/new/*")
        meanwhile.append(record.read(path).told)
        return "new"

    monkeypatch.setattr(builtins, "input", typed)
    survey(NEW)
    assert meanwhile[0].startswith("waits for a person's answer; process ")
    assert (home / "params/new.yaml").exists()


def test_mode_plan_shows_the_file_and_writes_nothing(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    survey({**NEW, "mode": "plan"})
    assert "+interface: enp4s0f0" in capsys.readouterr().out
    assert outcome(home) == "only looked"
    assert not (home / "params/new.yaml").exists()


def test_a_file_that_somebody_changed_since_it_was_shown_is_left_alone(home: Path) -> None:
    shown = drafted(NEW)
    (home / "params/new.yaml").write_text("stp: false\n")
    with pytest.raises(CorrectParameters, match="has changed since it was shown"):
        nb.write(shown)
    assert (home / "params/new.yaml").read_text() == "stp: false\n"
    assert outcome(home) == "refused"


def test_a_file_that_cannot_be_written_is_as_it_was(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (home / "params/example.yaml").read_bytes()

    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device", path, content)

    monkeypatch.setattr(atomic_files, "replace", full)
    with pytest.raises(CorrectParameters, match="could not be written: No space left"):
        survey({"host": "example", "bridge": "virbr7"})
    assert (home / "params/example.yaml").read_bytes() == before
    assert outcome(home) == "refused"


def test_of_several_interfaces_nobody_chooses_for_you(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "candidates", lambda *_: ("enp4s0f0", "enp4s0f1"))
    with pytest.raises(Refused, match="several interfaces: enp4s0f0, enp4s0f1"):
        survey(NEW)
    assert outcome(home) == "refused"


def test_a_person_chooses_of_several_and_cannot_go_on_without(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "candidates", lambda *_: ("enp4s0f0", "enp4s0f1"))
    typed(monkeypatch, "new")
    offered = nb.choose(nb.meet(nb.parameters(NEW)))
    assert offered.form
    assert "none is chosen" in offered.form.form.told["interface"]
    with pytest.raises(ParameterError, match="none is chosen"):
        nb.settle(offered)
    offered.form.form.fields["interface"].widget.value = "enp4s0f0"
    assert offered.form.form.told == {}
    offered.form.form.fields["probes"].widget.value = "172.16.0.1, 10.99.0.2:22"
    nb.record(nb.write(nb.draft(nb.settle(offered))))
    assert outcome(home) == "surveyed: its file is written"
    params = for_host(home / "params", {"host": "new"})
    assert (params.address, params.gateway) == ("172.16.1.1/16", "172.16.0.1")
    assert params.probes == ("172.16.0.1", "10.99.0.2:22")


def test_a_risk_is_a_box_whose_tick_is_written_and_comes_back_with_the_file(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, "new")
    monkeypatch.setattr(after_typing, "in_background", lambda *_: None)
    offered = nb.choose(nb.meet(nb.parameters(NEW)))
    assert offered.form
    assert "consent" not in offered.form.form.fields
    offered.form.ask()
    box = offered.form.consents.asked.boxes["bpdu"]
    assert box.description.startswith("I know that the switch port has no BPDU guard. (bpdu: ")
    box.value = True
    offered.form.form.fields["firewall"].widget.value = "accept"
    offered.form.ask()
    assert offered.now()["consent"] == ("bpdu",)
    offered.form.form.fields["stp"].widget.value = False
    offered.form.ask()
    assert "bpdu" not in offered.form.consents.asked.boxes
    offered.form.form.fields["stp"].widget.value = True
    offered.form.ask()
    offered.form.consents.asked.boxes["bpdu"].value = True
    nb.record(nb.write(nb.draft(nb.settle(offered))))
    assert for_host(home / "params", {"host": "new"}).consent == ("bpdu",)
    again = nb.choose(nb.meet(nb.parameters(NEW)))
    assert again.form
    again.form.ask()
    assert again.form.consents.asked.boxes["bpdu"].value


def test_a_new_file_pins_the_machine_and_an_old_one_is_offered_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = drafted(NEW)
    nb.write(made)
    machine = made.settled.met.snapshot.identity.machine_id
    assert for_host(home / "params", {"host": "new"}).machine_id == machine
    typed(monkeypatch, "example")
    offered = nb.choose(nb.meet(nb.parameters({"host": "example"})))
    assert offered.form
    field = offered.form.form.fields["machine_id"]
    assert (field.value, tuple(field.widget.options)) == (None, (machine,))
    field.widget.value = "0" * 32
    assert "another machine" in str(offered.form.form.told)


def test_at_the_desk_a_survey_leads_on_to_the_change_of_its_host(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = home / "outputs/_desk/20260301T120000Z"
    (desk / "new").mkdir(parents=True)
    typed(monkeypatch, "new")
    monkeypatch.setattr(next_steps, "somebody_there", lambda: True)
    led: list[str] = []

    def led_to(link: Link) -> str:
        if link.words == "make the change":
            led.append(link.path)
        return ""

    monkeypatch.setattr(next_steps, "anchor", led_to)
    survey(NEW)
    assert led == []
    for place, path in ((desk, "new/routed · new.ipynb"), (desk / "new", "routed · new.ipynb")):
        monkeypatch.chdir(place)
        survey({**NEW, "bridge": f"virbr{len(led) + 2}"})
        assert led[-1] == path
    assert (desk / "new/routed · new.ipynb").is_file()
    capsys.readouterr()


def test_a_survey_that_has_ended_is_not_gone_on_with(home: Path) -> None:
    shown = drafted(NEW)
    nb.write(shown)
    (home / "params/new.yaml").unlink()
    with pytest.raises(RunHasEnded):
        nb.write(shown)
    assert not (home / "params/new.yaml").exists()


def test_a_recording_older_than_a_question_says_what_it_does_not_know(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = home / "params/example.json"
    recording.write_text(recording.read_text().replace("/sys/class/net", "/sys/class/old"))
    survey(NEW)
    assert "drivers and speeds are not known" in capsys.readouterr().out
    assert outcome(home) == "surveyed: its file is written"


def test_a_host_that_cannot_be_surveyed_says_why_in_its_record(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "default_routes", lambda _: [])
    with pytest.raises(Refused, match="no IPv4 default route"):
        survey(NEW)
    assert outcome(home) == "refused"


def test_a_host_that_routed_would_refuse_ends_as_refused_with_every_reason(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reasons = ("it is a macvlan", "systemd-networkd is active")
    found = [Finding("block", "NIC", reason, "because", "do so") for reason in reasons]
    consent = Finding("consent", "STP", "spanning tree is on", "because", "do so", "bpdu")
    monkeypatch.setattr(pipeline, "findings", lambda *_args: (*found, consent))
    with pytest.raises(Refused) as refused:
        survey(NEW)
    assert outcome(home) == "refused"
    for reason in reasons:
        assert reason in refused.value.what
    assert "spanning tree" not in refused.value.what
    # What was found out is kept all the same.
    assert (home / "params/new.yaml").exists()
