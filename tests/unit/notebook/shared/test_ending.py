from __future__ import annotations

import pytest

from runbook.notebook.shared.ending import in_short
from runbook.preflight import Finding, RefusedByPreflight


def test_a_refusal_in_one_line_is_sentences_and_not_a_run_of_words() -> None:
    one = Finding("block", "network default", "it is active", "its guests", "use forward: open")
    other = Finding("block", "NIC", "no cable", "no link", "plug it in")
    said = in_short(RefusedByPreflight("server-01", (one, other)))
    assert said == (
        "preflight refuses the change, 2 findings: network default: it is active; its guests;"
        " use forward: open. NIC: no cable; no link; plug it in"
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a", "a"),
        ("", "ValueError"),
        (" a \n\n  b", "a; b"),
        ("a:\n- b\n- c", "a: b. c"),
        ("a.\nb", "a. b"),
    ],
)
def test_lines_are_joined_so_that_each_can_be_told_from_the_next(text: str, line: str) -> None:
    assert in_short(ValueError(text)) == line
