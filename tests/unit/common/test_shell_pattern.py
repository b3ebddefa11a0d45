from __future__ import annotations

import time
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.common.shell_pattern import matches


@given(st.text("ab]", max_size=6), st.text("ab*?!-[]", max_size=8))
def test_it_is_fnmatch(name: str, pattern: str) -> None:
    assert matches(name, pattern) == fnmatchcase(name, pattern)


@pytest.mark.parametrize("pattern", ["[" * 100_000, "*]" + "[" * 100_000])
def test_brackets_that_are_never_closed_take_seconds(pattern: str) -> None:
    started = time.process_time()
    assert not matches("a", pattern)
    assert time.process_time() - started < 30
