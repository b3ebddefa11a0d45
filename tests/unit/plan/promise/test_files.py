"""Files that a change promises, as a snapshot shows them."""

from __future__ import annotations

from tests.unit import fakes

from runbook.common.redact import redact_text
from runbook.plan.promise.files import ExpectedFile, file_checks

PATH = "/etc/libvirt/hooks/network.d/50-runbook-routed"
# A reader of secrets cannot know that this is the host part of an address, see ip-token(8).
LINE = "try ip token set ::16:1ff:fe00:1 dev virbr1\n"


def kept(text: str) -> bool:
    """Whether a file with this text is the promised one."""
    row = {**fakes.file(PATH, text), "content": redact_text(text)}
    (check,) = file_checks((ExpectedFile(PATH, LINE),), fakes.seen(files=[row]))
    return check.kept


def test_a_file_with_another_line_is_not_as_promised() -> None:
    assert not kept(f"{LINE}try true\n")
    assert not kept(LINE.replace("fe00:1", "fe00:2"))


def test_a_line_that_a_snapshot_shows_without_its_value_is_as_promised() -> None:
    assert redact_text(LINE) != LINE
    assert kept(LINE)
