from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.transport.guest.cleaning import Cleaner, last_line, without_kernel

pieces = st.sampled_from(
    [b"text", b"\r\n", b"\x1b[?2004h", b"\x1b[1;32m", b"\x1b]0;title\x07", b"\x1b]2;t\x1b\\",
     b"\x1b(B", b"\x1b7", b"\x1b=", b"\x1b[6n", b"\0", b"\x08", b"\t", b"\xc3\xa9"]
)  # fmt: skip


def cleaned(*chunks: bytes) -> str:
    cleaner = Cleaner()
    return "".join(map(cleaner.feed, chunks))


@given(st.lists(pieces, max_size=8).map(b"".join), st.data())
def test_a_sequence_that_comes_in_two_parts_is_taken_out_all_the_same(
    told: bytes, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(told)))
    assert cleaned(told[:cut], told[cut:]) == cleaned(told) == cleaned(*(bytes([b]) for b in told))
    assert "\x1b" not in cleaned(told)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (b"\x1b[?2004hroot@vm:~# \x1b[6n", "root@vm:~# "),
        (b"\x1b]0;root@vm: ~\x07\x1b[01;32mroot\x1b[00m\r\n", "root\n"),
        (b"\x1b[1m\x1b[7m#\x1b[27m\x1b[1m\x1b[0m\r \r", "# "),
        (b"a\xffb", "a\xffb"),
    ],
)
def test_what_a_terminal_shows(told: bytes, shown: str) -> None:
    assert cleaned(told) == shown


def test_an_escape_that_never_ends_holds_nothing_back_for_ever() -> None:
    assert cleaned(b"\x1b]" + b"a" * 9000 + b"\nlogin: ").endswith("login: ")


def test_a_line_that_the_kernel_broke_in_two_is_whole_again() -> None:
    noisy = "QUJD[   12.345678] usb 1-1: new device\nREVG\n[    1.000000][    T1] x\nend"
    assert without_kernel(noisy) == "QUJDREVG\nend"
    assert last_line("motd\nvm login: ") == "vm login:"
