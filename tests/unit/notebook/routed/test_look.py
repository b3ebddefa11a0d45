from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest
from tests.unit.notebook.conftest import MadeUp

from runbook import views
from runbook.common.errors import ParameterError, ReadFailed
from runbook.notebook.live import after_typing
from runbook.notebook.routed import cells as nb
from runbook.notebook.routed import look
from runbook.notebook.routed.look import ParameterForm
from runbook.notebook.routed.preview import Preview
from runbook.notebook.shared.stages import RunAgain
from runbook.notebook.widgets import Form
from runbook.preflight import Finding
from runbook.run import pipeline

RISK = Finding("consent", "Docker", "it is active", "it may drop", "see", "docker")


def offered(monkeypatch: pytest.MonkeyPatch, **filled_in: str) -> ParameterForm:
    """The form as an operator left it."""
    monkeypatch.setattr(look, "somebody_there", lambda: True)
    monkeypatch.setattr(after_typing, "in_background", lambda *_: None)
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


def again(made: ParameterForm) -> ParameterForm:
    """The form's cell, run once more."""
    return nb.choose(made.met)


def below(made: ParameterForm) -> str:
    """What stands under the form."""
    assert made.preview
    return repr(views.stack(made.preview.slot.shown))


@pytest.mark.usefixtures("made_up")
def test_a_form_that_was_settled_stands_still_with_the_drawing_of_its_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = offered(monkeypatch, bridge="virbr7")
    nb.settle(made)
    assert made.preview
    made.preview.redraw()
    assert "virbr7" in below(made)
    made.met.course.freeze()
    assert "virbr7" in below(made)
    assert "not settled" not in below(made)
    assert nb.settle(made).session.params.bridge == "virbr7"


@pytest.mark.usefixtures("made_up")
def test_a_form_that_nobody_settled_says_that_nothing_was_made_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = offered(monkeypatch, bridge="virbr7")
    made.met.course.freeze()
    assert "The form was not settled" in below(made)


@pytest.mark.usefixtures("made_up")
def test_while_the_form_is_open_again_no_later_cell_goes_on_with_the_old_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = offered(monkeypatch, bridge="virbr7")
    before = nb.look(nb.settle(made))
    cleared = nb.preflight(nb.plan(before))
    opened = again(made)
    assert form(opened).fields["bridge"].widget.value == "virbr7"
    form(opened).fields["bridge"].widget.value = "virbr5"
    for cell in (lambda: nb.plan(before), lambda: nb.arm(cleared)):
        with pytest.raises(RunAgain, match="the cell of `values` has to be run again"):
            cell()
    settled = nb.settle(opened)
    assert settled.session.params.bridge == "virbr5"
    with pytest.raises(RunAgain, match="the cell of `before` has to be run again"):
        nb.arm(cleared)
    planned = nb.plan(nb.look(settled))
    assert planned.draft.plan.of_host.bridge == "virbr5"
    with pytest.raises(RunAgain, match="the cell of `preflight`"):
        nb.arm(cleared)


@pytest.mark.usefixtures("made_up")
def test_a_consent_that_was_settled_is_ticked_when_the_form_is_opened_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pipeline, "findings", lambda *_: (RISK,))
    made = offered(monkeypatch, bridge="virbr7")
    assert made.preview
    made.preview.redraw()
    made.preview.consents.asked.boxes["docker"].value = True
    assert "docker" in nb.settle(made).session.params.consent
    opened = again(made)
    assert opened.preview
    opened.preview.redraw()
    assert "docker" in opened.preview.consents.values()


@pytest.mark.usefixtures("made_up")
def test_a_finding_that_blocks_marks_its_field_until_it_is_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [Finding("block", "default route", "via x", "y", "correct it", field="gateway")]
    monkeypatch.setattr(pipeline, "findings", lambda *_: tuple(found))
    made = offered(monkeypatch)
    assert made.preview
    made.preview.redraw()
    gateway = form(made).fields["gateway"]
    assert "default route: via x; correct it" in gateway.reason.value
    assert form(made).told == {}
    found.clear()
    gateway.widget.value = "172.16.0.9"
    assert gateway.reason.value.count("✗") == 0
    made.preview.redraw()
    assert "172.16.0.9" in below(made)


@pytest.mark.usefixtures("made_up")
def test_a_drawing_that_does_not_follow_the_form_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    found = (Finding("block", "address", "taken", "y", "another", field="address"),)
    monkeypatch.setattr(pipeline, "findings", lambda *_: found)
    made = offered(monkeypatch)
    assert made.preview
    made.preview.redraw()
    assert "the host's own address, not the form's" in below(made)


@pytest.mark.usefixtures("made_up")
def test_a_host_that_cannot_be_judged_is_drawn_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def findings(*_: object) -> NoReturn:
        raise ReadFailed("no answer", host="server-01", state="as it was", then="ask again")

    monkeypatch.setattr(pipeline, "findings", findings)
    made = offered(monkeypatch, bridge="virbr7")
    assert made.preview
    made.preview.redraw()
    assert "no answer" in below(made)
    assert "virbr7" in below(made)
