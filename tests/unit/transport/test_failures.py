from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.common.errors import ConnectionLost, MendAccess
from runbook.transport.failures import ConnectionEnd, broken, never_started


@given(st.none() | st.integers(-64, 255), st.text(max_size=60), st.booleans())
def test_whatever_the_end_there_are_four_sentences(
    returncode: int | None,
    stderr: str,
    sudo: bool,  # noqa: FBT001 (hypothesis draws it)
) -> None:
    error = never_started(ConnectionEnd("server-01", "ssh server-01", returncode, stderr, sudo))
    assert isinstance(error, MendAccess)
    assert error.host == "server-01"
    assert error.state.startswith("nothing was read or written")
    assert "server-01" in error.what or "host" in error.what
    assert error.then


def test_only_the_last_lines_are_shown() -> None:
    words = "banner\n" * 50 + "ssh: connect to host x port 22: Connection refused\n"
    error = never_started(ConnectionEnd("x", "ssh x", 255, words))
    assert len(error.what) < 200
    assert "Connection refused" in error.what


def test_a_broken_connection_does_not_claim_to_know_what_was_done() -> None:
    error = broken(
        ConnectionEnd("server-01", "ssh server-01", None, ""), "nothing was heard for 10 s"
    )
    assert isinstance(error, ConnectionLost)
    assert "may or may not" in error.state


@pytest.mark.parametrize("words", ["", "Permission denied (publickey)."])
def test_a_login_that_was_accepted_is_not_called_refused(words: str) -> None:
    assert "refused the login" not in never_started(ConnectionEnd("x", "ssh x", 1, words)).what
