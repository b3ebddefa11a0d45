"""What counts as a lie of a notebook, and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.faults.claims import MAY_BE_ARMED, Claims
from tests.faults.judging import AS_BEFORE, AS_PROMISED

PROMISED, ROLLED_BACK = "as promised", "as before (rolled back)"


def told(
    shown: str = "",
    kept: str = "",
    *,
    completed: bool = False,
    text: str = "",
    unsaved: bool = False,
    first: str = "",
) -> Claims:
    return Claims(shown, kept, completed, text, unsaved, first)


def wrong(claims: Claims, end: str, status: int, *, armed: bool = False) -> list[str]:
    return list(claims.wrong(end, status, armed_at_exit=armed))


@pytest.mark.parametrize(
    ("claims", "end", "status"),
    [
        (told(PROMISED, PROMISED), AS_BEFORE, 0),
        (told(ROLLED_BACK, ROLLED_BACK), AS_PROMISED, 1),
        (told(PROMISED, ROLLED_BACK), AS_PROMISED, 0),
        (told("", PROMISED), AS_BEFORE, -9),
        (told(), AS_BEFORE, 0),
        (told(completed=True), AS_BEFORE, 138),
        (replace(told(PROMISED, PROMISED), invalid="it has no cells"), AS_PROMISED, 0),
        (told(first="as promised"), AS_BEFORE, -9),
        (told(first="confirmed: the change stays"), AS_BEFORE, -9),
        (told(first="as before (rolled back)"), AS_PROMISED, 1),
        (told(first="ended without a result: nothing was changed on the host"), AS_PROMISED, 1),
    ],
)
def test_a_claim_that_is_not_so_is_a_lie(claims: Claims, end: str, status: int) -> None:
    assert wrong(claims, end, status)


@pytest.mark.parametrize(
    ("claims", "end", "status"),
    [
        (told(PROMISED, PROMISED), AS_PROMISED, 0),
        (told("", PROMISED), AS_PROMISED, 1),
        (told(ROLLED_BACK, ROLLED_BACK), AS_BEFORE, 1),
        (told(), AS_PROMISED, -9),
        (told(first="armed until 12:05: the host undoes it by itself"), AS_BEFORE, -9),
        (told(first="in progress: undo armed"), AS_BEFORE, -9),
        (told(first="as promised"), AS_PROMISED, -9),
    ],
)
def test_the_truth_and_silence_are_none(claims: Claims, end: str, status: int) -> None:
    assert not wrong(claims, end, status)


def test_whoever_ends_by_itself_says_that_the_host_is_armed() -> None:
    assert wrong(told(), AS_BEFORE, 1, armed=True)
    assert not wrong(told(text=f"change x {MAY_BE_ARMED} on y"), AS_BEFORE, 1, armed=True)
    # It was said on the terminal that the disk takes no notebook.
    assert not wrong(told(unsaved=True), AS_BEFORE, 1, armed=True)
    assert not wrong(told(), AS_BEFORE, -9, armed=True)


def test_a_first_page_that_calms_while_the_host_is_armed_is_a_lie() -> None:
    calm = told(first="ended without a result: nothing was changed on the host", unsaved=True)
    assert wrong(calm, AS_BEFORE, -9, armed=True)
