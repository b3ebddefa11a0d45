from __future__ import annotations

from runbook.plan.forecast.boot_effect import BootEffect, BootStep
from runbook.views import boot, edits

FOUND = [
    BootEffect("networking.service", "systemd", "enabled", "enabled", kept=True),
    BootEffect(
        "hook of runbook", "/etc/<x>", "as promised", "absent", kept=False, then="make it again"
    ),
    BootEffect("saved rules", "/etc/y", "enabled", "disabled", False, "enable it", required=False),  # noqa: FBT003 - `kept`
]
DIFF = "--- /etc/x\n+++ /etc/x\n@@ -1,2 +1 @@\n auto a\n-address <b>\n+manual"


def test_what_would_go_wrong_is_marked_and_says_what_to_do() -> None:
    picture = boot([BootStep(n, one) for n, one in enumerate(FOUND, start=1)], "The next boot")
    head, _, *lines = picture.text.splitlines()
    assert head == "The next boot: 3 steps"
    assert [line[0] for line in lines] == ["✓", "✗", "!"]
    assert "make it again" in lines[1]
    assert "make it again" not in lines[0]
    assert "/etc/&lt;x&gt;" in picture.body


def test_a_boot_of_which_each_step_is_as_promised_is_a_count_and_folded() -> None:
    picture = boot([BootStep(1, FOUND[0])], "The next boot")
    assert "<summary>✓ The next boot: 1 step, each as promised</summary>" in picture.body
    assert "<details>" not in boot([BootStep(1, FOUND[1])], "The next boot").body


def test_what_comes_and_what_goes_is_told_by_sign_and_colour() -> None:
    picture = edits([DIFF])
    assert picture.text.splitlines()[0] == "/etc/x, before (-) and after (+)"
    assert '<div class="rb-removed">-address &lt;b&gt;</div>' in picture.body
    assert '<div class="rb-added">+manual</div>' in picture.body
    assert "-address <b>" in picture.text
    assert "--- /etc/x" not in picture.text


def test_no_edit_is_no_picture() -> None:
    assert edits([]).text == ""
