from __future__ import annotations

import base64
import subprocess

from hypothesis import given, settings
from hypothesis import strategies as st

from runbook.transport.guest import frames
from runbook.transport.guest.frames import Ended

MARK = "rbk3x9"


def framed(out: bytes, err: bytes, number: int = 7, status: int = 3) -> str:
    sums = f"{frames.md5(out)} {frames.md5(err)}"
    parts = (base64.encodebytes(part).decode() for part in (out, err))
    first, second = parts
    return f"{MARK}H {number} {status} {sums}\n{first}{MARK}M\n{second}"


@settings(max_examples=40, deadline=None)
@given(
    st.binary(max_size=300) | st.text("-\\%'n\n0", max_size=40).map(str.encode), st.integers(8, 60)
)
def test_what_is_typed_for_printf_is_what_comes_out(content: bytes, width: int) -> None:
    lines = frames.typed(content, width)
    assert all(
        len(line) <= max(width, 4) and line.isascii() and line.isprintable() for line in lines
    )
    script = "".join(f"printf '{line}'\n" for line in lines)
    done = subprocess.run(("sh",), input=script.encode(), capture_output=True, check=True)
    assert done.stdout == content


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_a_frame_is_read_as_it_was_written(out: bytes, err: bytes) -> None:
    text = framed(out, err)
    assert frames.decode(text, MARK, 7, hexadecimal=False) == Ended(3, out, err)
    assert frames.decode(text, MARK, 8, hexadecimal=False) is None


@given(st.binary(min_size=1, max_size=100), st.data())
def test_a_damaged_frame_is_never_taken_for_another(out: bytes, data: st.DataObject) -> None:
    text = framed(out, b"")
    at = data.draw(st.integers(0, len(text) - 1))
    noise = data.draw(st.sampled_from(["x", "\n", "QUJD", "\nBroadcast message\n", ""]))
    damaged = text[:at] + noise + text[at + 1 :]
    found = frames.decode(damaged, MARK, 7, hexadecimal=False)
    assert found is None or (found.stdout, found.stderr) == (out, b"")


def test_what_somebody_left_on_the_screen_is_shown_without_its_secret() -> None:
    left = "# export DB_PASSWORD=hunter22\nPassword: »<redacted>\nLogin incorrect\n"
    shown = "# export DB_PASSWORD=<redacted>\nPassword: »<redacted>\nLogin incorrect\n"
    assert frames.without_payload(left, MARK) == shown


def test_a_guest_without_base64_writes_in_hexadecimal() -> None:
    sums = f"{frames.md5(b'hello')} {frames.md5(b'')}"
    text = f"{MARK}H 1 0 {sums}\n 68 65 6c\n 6c 6f\n{MARK}M\n"
    assert frames.decode(text, MARK, 1, hexadecimal=True) == Ended(0, b"hello", b"")


def test_a_transcript_has_no_file_that_a_command_was_handed() -> None:
    script = "".join(f"»p i '{line}'\n" for line in frames.typed(b"up /x hunter22\n" * 20, 60))
    transcript = f"»p c 'exec sh -s\\n'\n{script}»go 1; tell\n{framed(b'', b'')}{MARK}E 7\n"
    shown = frames.without_payload(transcript, MARK)
    assert "hunter22" not in shown
    assert f"»p c 'exec sh -s\\n'\n({len(script)} characters of input)\n»go 1; tell\n" in shown
