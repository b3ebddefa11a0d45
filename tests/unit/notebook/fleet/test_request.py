"""The parameters of fleet.ipynb: each mistake is refused by name before a host is asked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from runbook.common.errors import CorrectParameters
from runbook.notebook.fleet import form
from runbook.notebook.fleet.request import folders, parameters

ROOT = Path(__file__).parents[4]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params").mkdir()
    for name in ("server-01", "server-02"):
        shutil.copy(ROOT / f"params/{name}.yaml", tmp_path / "params")
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "no host is named"),
        ({"hosts": "web-*"}, "no host of params/ is meant by 'web-\\*'"),
        ({"hosts": 7.5}, "it is no text"),
        ({"hosts": "*", "batch": "some"}, "a batch of 'some' hosts"),
        ({"hosts": "*", "canary": -1}, "no whole number"),
        ({"hosts": "*", "canary": True}, "no whole number"),
        ({"hosts": "*", "mode": "look"}, "neither plan nor apply"),
        ({"hosts": "*", "despite_refusals": "yes"}, "neither True nor False"),
        ({"hosts": "*", "values": ["stp"]}, "it is no dict"),
        ({"hosts": "*", "values": {"probes": ["10.0.0.1"]}}, "it is no dict of texts"),
        ({"hosts": "*", "values": {"host": "other"}}, "cannot be given to all hosts"),
        ({"hosts": "*", "values": {"sTp": False}}, "has no parameter sTp"),
        ({"hosts": "*", "notebook": "none.ipynb"}, "is no notebook"),
        ({"hosts": "*", "window": "tonight"}, "window 'tonight'"),
        ({"inventory": "/none.json"}, "it cannot be read"),
        ({"resume": "20260301T120000Z"}, "there is no fleet run"),
        ({"resume": "../x"}, "there is no fleet run"),
        ({"hosts": "*", "hots": "x"}, "no parameter of this name"),
    ],
)
def test_what_cannot_be_run_is_refused_and_makes_no_folder(
    home: Path, given: dict[str, object], why: str
) -> None:
    with pytest.raises(CorrectParameters, match=why):
        parameters(given)
    assert not (home / "outputs").exists()


def test_the_form_says_why_its_values_cannot_be_run() -> None:
    made = form.FleetForm(folders(), parameters)
    assert "no host is named" in made.fault()
    made.fields["hosts"].value = "server-*"
    assert made.fault() == ""
    made.fields["canary"].value = "one"
    assert "no whole number" in made.fault()
    made.fields["canary"].value = "2"
    assert "server-*" in repr(made.settled(chosen=True))
    assert parameters(made.values()).plan.batches == (("server-01", "server-02"),)


def test_the_batches_are_shown_and_an_inventory_gives_a_host_its_values(home: Path) -> None:
    said = {
        "_meta": {"hostvars": {"server-02": {"runbook_stp": False}}},
        "web": {"hosts": ["server-01", "server-02"]},
    }
    (home / "inventory.json").write_text(json.dumps(said))
    given = {"inventory": str(home / "inventory.json"), "apart": "web", "canary": 0, "batch": 2}
    request = parameters(given)
    assert request.plan.batches == (("server-01",), ("server-02",))
    assert list(request.hosts["values"]) == ["", "{'stp': False}"]
    assert "2 batches" in repr(request) or "batches 2" in repr(request)
