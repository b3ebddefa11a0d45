from __future__ import annotations

from runbook.notebook.widgets import consents
from runbook.notebook.widgets.consents import Risk

RISKS = [
    Risk("bpdu", "STP is on", "a port may shut down"),
    Risk("docker", "<b>Docker</b>", "it may drop"),
]


def test_a_risk_is_taken_on_only_where_its_box_is_ticked() -> None:
    asked = consents(RISKS, given=["docker"])
    assert asked.values() == ("docker",)
    ticked: list[tuple[str, ...]] = []
    asked.on_change(lambda: ticked.append(asked.values()))
    asked.boxes["bpdu"].value = True
    asked.boxes["docker"].value = False
    assert ticked == [("bpdu", "docker"), ("bpdu",)]


def test_without_widgets_each_risk_is_told_with_whether_it_was_taken_on() -> None:
    picture = consents(RISKS, given=["docker"]).static()
    lines = picture.text.splitlines()
    assert any("bpdu" in line and " no " in line for line in lines)
    assert any("docker" in line and " yes " in line for line in lines)
    assert "&lt;b&gt;Docker&lt;/b&gt;" in picture.html()


def test_the_box_s_own_label_says_what_the_operator_vouches_for_and_why_it_is_asked() -> None:
    label = consents(RISKS).boxes["bpdu"].description
    assert label == (
        "I know that the switch port has no BPDU guard. (bpdu: STP is on; a port may shut down)"
    )
