"""history.ipynb: what a person is shown of a host's records, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit import hosts
from tests.unit.records import kept

from runbook import views
from runbook.common.errors import CorrectParameters, ParameterError
from runbook.notebook.history import cells as nb
from runbook.run.record import Ending
from runbook.state import snapshot as snapshots

BEFORE, AFTER = (snapshots.dumps(state) for state in (hosts.before(), hosts.after()))


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the cells show, as text."""
    texts: list[str] = []
    monkeypatch.setattr(views, "show", lambda *pictures: texts.extend(map(repr, pictures)))
    monkeypatch.setattr(views.Slot, "draw", lambda _, *pictures: texts.extend(map(repr, pictures)))
    return texts


@pytest.fixture
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params").mkdir()
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    address = '{"address": "172.16.1.1/16"}'
    outputs = tmp_path / "outputs"
    kept.sealed(outputs, 1, before_json=BEFORE, after_json=AFTER, params_json=address)
    kept.sealed(outputs, 2, Ending.UNDONE, kind="undo", now_json=AFTER)
    return outputs


def history(**given: object) -> nb.HostHistory:  # type: ignore[name-defined] # of the package
    return nb.look(nb.parameters({"host": kept.HOST, **given}))


def test_every_record_is_listed_with_the_states_that_can_be_compared(
    outputs: Path, shown: list[str]
) -> None:
    assert outputs.is_dir()
    found = history()
    assert list(found.records["states"]) == ["found", "before, after"]
    assert "ticket" in found.records
    assert found.states["state"].iloc[0] == f"{kept.number(1)}/before"
    assert any("2 records (host 1, undo, confirm 1)" in text for text in shown)
    assert not any(text.startswith("drift") for text in shown)


def test_two_states_are_side_by_side_with_the_address_marked(
    outputs: Path, shown: list[str]
) -> None:
    assert outputs.is_dir()
    number = kept.number(1)
    compared = nb.compare(history(first=f"{number}/before", second=number))
    assert (compared.first, compared.second) == (hosts.before(), hosts.after())
    assert not compared.differences.empty
    assert any("enp4s0f0 → virbr1" in text for text in shown)
    assert any("the host's own address 172.16.1.1" in text for text in shown)
    assert not any("in the run folder" in text for text in shown)


def test_without_a_choice_the_last_two_are_compared(outputs: Path, shown: list[str]) -> None:
    assert outputs.is_dir()
    compared = nb.compare(history())
    assert compared.first == compared.second == hosts.after()
    assert any("no row differs" in text for text in shown)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"first": "2031"}, CorrectParameters),
        ({"second": "20260302/nonsense"}, CorrectParameters),
        ({"second": "now"}, CorrectParameters),
        ({"first": 20260302}, ParameterError),
        ({"now": "perhaps"}, ParameterError),
        ({"frist": "x"}, ParameterError),
    ],
)
@pytest.mark.usefixtures("outputs", "shown")
def test_a_state_that_is_not_on_record_and_a_wrong_word_are_refused(
    given: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        nb.compare(history(**given))


@pytest.mark.usefixtures("outputs", "shown")
def test_a_host_without_a_record_is_refused_with_what_to_do() -> None:
    with pytest.raises(CorrectParameters, match="no record of server-09") as told:
        nb.look(nb.parameters({"host": "server-09"}))
    assert "runbook records list" in told.value.then


@pytest.mark.usefixtures("shown")
def test_a_damaged_state_is_named_and_the_others_are_compared(
    outputs: Path, shown: list[str]
) -> None:
    (outputs / kept.HOST / kept.number(2) / "now.json").write_text("{")
    seen = nb.guests(history())
    assert any("now.json cannot be read" in text for text in shown)
    assert seen.events.empty
    assert any(text.startswith("Guests at ") for text in shown)


@pytest.mark.usefixtures("shown")
def test_one_state_is_too_few_to_compare(outputs: Path, shown: list[str]) -> None:
    for name in ("before.json", "after.json"):
        (outputs / kept.HOST / kept.number(1) / name).unlink()
    assert nb.compare(history()).differences.empty
    assert any("Two states are needed; on record: 1." in text for text in shown)
