from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.notebook.conftest import MadeUp

from runbook.common.errors import ParameterError
from runbook.notebook.routed import cells as nb
from runbook.notebook.routed import look, preview
from runbook.notebook.routed.look import ParameterForm
from runbook.notebook.routed.preview import Preview
from runbook.notebook.widgets import Form


def offered(monkeypatch: pytest.MonkeyPatch, **filled_in: str) -> ParameterForm:
    """The form as an operator left it."""
    monkeypatch.setattr(look, "somebody_there", lambda: True)
    monkeypatch.setattr(preview, "in_background", lambda *_: None)
    made = nb.choose(nb.meet(nb.parameters({"host": "server-01"})))
    for name, value in filled_in.items():
        form(made).fields[name].widget.value = value
    return made


def form(made: ParameterForm) -> Form:
    """The form that was offered."""
    assert isinstance(made.preview, Preview)
    return made.preview.form


def test_what_stands_in_the_form_becomes_the_parameters(
    made_up: MadeUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled = nb.settle(offered(monkeypatch, bridge="virbr7"))
    assert settled.session.params.bridge == "virbr7"
    assert str(settled.session.params.sources["bridge"]) == "chosen"
    assert str(settled.session.params.sources["gateway"]).startswith("params/server-01.yaml")
    assert made_up.done == ["open", "read"]


def test_a_wrong_value_in_the_form_is_named_and_can_be_mended(
    made_up: MadeUp, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = offered(monkeypatch, gateway="172.16.255.255")
    assert "no host can hold" in form(made).told["gateway"]
    with pytest.raises(ParameterError, match="no host can hold"):
        nb.settle(made)
    form(made).fields["gateway"].widget.value = "172.16.0.9"
    assert form(made).told == {}
    assert nb.settle(made).session.params.gateway == "172.16.0.9"
    assert not (home / "outputs").exists()
    assert made_up.done == ["open", "read"]


def test_without_anybody_to_ask_the_parameters_pass_through(made_up: MadeUp) -> None:
    passed = nb.choose(nb.meet(nb.parameters({"host": "server-01", "bridge": "virbr7"})))
    assert passed.preview is None
    assert nb.settle(passed).session.params.bridge == "virbr7"
    assert made_up.done == ["open", "read"]
