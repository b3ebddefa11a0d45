"""What a guest's whole answer is taken apart into; the guest may send anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.state.guest.gathered import gathered


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "head",
    [
        # Led back to its own beginning, so that it was read for ever.
        "A 0 -11 x",
        "A 0 -9 x",
        "A 0 1_1 x",
        "A 0 99999999999999999999 x",
        "A 0 \N{ARABIC-INDIC DIGIT ONE} x",
        "F 999 1 /etc/x",
        "F -1 1 /etc/x",
        "X 0 1 x",
        "A 0 1",
        "",
    ],
)
def test_a_part_of_an_odd_head_is_refused(head: str) -> None:
    with pytest.raises(ValueError, match=r"no length|broke off"):
        gathered(f"{head}\ny\nEND\n".encode())


@pytest.mark.timeout(60)
@given(st.lists(st.tuples(st.sampled_from("AF"), st.integers(-40, 40), st.text(max_size=3))))
def test_no_answer_is_read_for_ever(parts: list[tuple[str, int, str]]) -> None:
    told = "".join(f"{kind} 0 {length} {name}\n\n" for kind, length, name in parts)
    try:
        gathered(f"{told}END\n".encode())
    except ValueError:
        return
