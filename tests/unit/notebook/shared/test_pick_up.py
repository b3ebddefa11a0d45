"""A change in progress taken up again, and what stands against it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit import fakes

from runbook.apply.checkpoint import Armed
from runbook.apply.checkpoint.armed_change import ArmedChange, InProgress, find
from runbook.apply.phases import apply_phase
from runbook.common.errors import ConnectionLost
from runbook.notebook.shared import pick_up as picking
from runbook.notebook.shared.pick_up import OtherChange, pick_up
from runbook.notebook.shared.values import RunRequest
from runbook.params import for_host
from runbook.run.session import Session


@pytest.fixture
def host(home: Path) -> fakes.FakeHost:
    assert home
    made = fakes.standard_host()
    made.answers[:0] = [fakes.ticking(42.0)]
    return made


@pytest.fixture
def armed(host: fakes.FakeHost, monkeypatch: pytest.MonkeyPatch) -> Armed:
    monkeypatch.setattr(picking, "somebody_there", lambda: True)
    return fakes.armed(host)


def asked(home: Path, **injected: str) -> RunRequest:
    given = {"host": "server-01", **injected}
    return RunRequest(for_host(home / "params", given), given)


def session(home: Path, host: fakes.FakeHost, operator: str = "root@desk") -> Session:
    params = asked(home).params
    return Session(params, host, operator, "20260302T000000Z-000000", fakes.Time(), lambda: host)


def there(host: fakes.FakeHost) -> ArmedChange:
    found = find(host, fakes.NOON)
    assert found is not None
    return found


def checkpoint(home: Path, name: str, **values: tuple[str, str]) -> None:
    """What the run's folder says of the parameters."""
    folder = home / "outputs" / "server-01" / fakes.CHANGE
    folder.mkdir(parents=True, exist_ok=True)
    rows = {k: {"field": k, "value": v, "source": s} for k, (v, s) in values.items()}
    (folder / name).write_text(json.dumps(rows))


def test_without_anybody_there_it_is_left_alone(
    home: Path, host: fakes.FakeHost, armed: Armed, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert armed
    monkeypatch.setattr(picking, "somebody_there", lambda: False)
    with pytest.raises(InProgress):
        pick_up(asked(home), session(home, host), there(host))


def test_somebody_else_s_is_left_alone(home: Path, host: fakes.FakeHost, armed: Armed) -> None:
    assert armed
    with pytest.raises(InProgress, match="it is not yours"):
        pick_up(asked(home), session(home, host, "ann@elsewhere"), there(host))


def test_one_with_a_step_not_known_to_have_ended_has_only_a_way_back(
    home: Path, host: fakes.FakeHost, armed: Armed
) -> None:
    host.fails["write /etc/sysctl.d"] = ConnectionLost("gone", host="x", state="y", then="z")
    with pytest.raises(ConnectionLost):
        apply_phase(armed, host, "prepare", fakes.Time().now)
    with pytest.raises(InProgress, match="not known to have ended"):
        pick_up(asked(home), session(home, host), there(host))


@pytest.mark.parametrize("changed", ["stp", "firewall", "bridge"])
def test_with_other_parameters_than_it_was_armed_with_it_is_not_gone_on_with(
    home: Path, host: fakes.FakeHost, armed: Armed, changed: str
) -> None:
    assert armed
    checkpoint(home, "params.json", **{changed: ("something else", "default")})
    with pytest.raises(OtherChange, match=changed):
        pick_up(asked(home), session(home, host), there(host))


def test_without_a_record_the_plan_says_whose_parameters_these_are(
    home: Path, host: fakes.FakeHost, armed: Armed
) -> None:
    assert armed
    with pytest.raises(OtherChange):
        pick_up(asked(home, bridge="virbr9"), session(home, host), there(host))
    assert pick_up(asked(home), session(home, host), there(host)).picked


def test_what_was_chosen_last_is_chosen_again(
    home: Path, host: fakes.FakeHost, armed: Armed
) -> None:
    checkpoint(home, "params.json", bridge=("virbr7", "chosen"))
    checkpoint(
        home, "params-2.json", bridge=("virbr1", "chosen"), stp=("on", "params/server-01.yaml:22")
    )
    met = pick_up(asked(home), session(home, host), there(host))
    assert met.session.params.bridge == "virbr1"
    assert met.session.change_id == fakes.CHANGE
    assert met.picked is not None
    assert replace(met.picked.armed, cleared=armed.cleared).plan == armed.plan
