from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.plan.changes.file_steps import EditFile, LineEdit, RemoveFile, WriteFile
from runbook.plan.changes.steps import Command, Unless

lines = st.lists(st.binary(max_size=4).filter(lambda line: b"\n" not in line), max_size=8)
texts = st.lists(st.sampled_from(["new", "", "two\r"]), max_size=2).map(
    lambda new: "".join(f"{line}\n" for line in new)
)


@st.composite
def edits(draw: st.DrawFn, count: int) -> tuple[LineEdit, ...]:
    """Some edits that do not overlap, in any order."""
    cuts = draw(st.lists(st.integers(1, count + 1), unique=True, max_size=6).map(sorted))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    made = [LineEdit(first, last - draw(st.integers(0, 1)), draw(texts)) for first, last in pairs]
    kept = [edit for edit in made if edit.last <= count]
    return tuple(draw(st.permutations(kept)))


def by_hand(content: list[bytes], edits: tuple[LineEdit, ...]) -> list[bytes]:
    """The same, one line after the other."""
    after: list[bytes] = []
    number = 1
    for edit in sorted(edits, key=lambda e: e.first):
        after += content[number - 1 : edit.first - 1] + edit.text.encode().split(b"\n")[:-1]
        number = edit.last + 1
    return after + content[number - 1 :]


@given(lines.filter(bool).flatmap(lambda ls: st.tuples(st.just(ls), edits(len(ls)))))
def test_only_the_lines_that_are_named_change(
    case: tuple[list[bytes], tuple[LineEdit, ...]],
) -> None:
    content, made = case
    whole = b"".join(line + b"\n" for line in content)
    after = EditFile("/x", "", made).applied_to(whole)
    assert after == b"".join(line + b"\n" for line in by_hand(content, made))


@given(lines.filter(bool))
def test_a_file_without_a_last_newline_stays_so(content: list[bytes]) -> None:
    open_end = b"\n".join([*content, b"last"])
    edit = LineEdit(1, 1, "first\n")
    assert EditFile("/x", "", (edit,)).applied_to(open_end) == b"\n".join(
        [b"first", *content[1:], b"last"]
    )


def test_what_goes_in_below_an_open_last_line_is_a_line_of_its_own() -> None:
    assert EditFile("/x", "", (LineEdit(2, 1, "new\n"),)).applied_to(b"last") == b"last\nnew\n"
    assert EditFile("/x", "", (LineEdit(2, 1, "new\n"),)).applied_to(b"last\n") == b"last\nnew\n"


def test_no_edit_changes_nothing() -> None:
    for content in (b"", b"\n", b"a", b"a\r\n\xff\n\n"):
        assert EditFile("/x", "", ()).applied_to(content) == content


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (Command(("ip", "link", "a b;c")), "ip link 'a b;c'"),
        (Unless(("x",), ("sh", "$(y)")), "sh '$(y)'   # unless it runs already"),
        (EditFile("/etc/x", "", (LineEdit(3, 4, ""), LineEdit(9, 9, ""))), "/etc/x:9"),
        (WriteFile("/etc/x", b"secret", 0o600), "write /etc/x (mode 0600)"),
        (RemoveFile("/etc/x"), "rm -f /etc/x"),
    ],
)
def test_a_step_says_what_one_would_type_and_no_content(
    step: Command | EditFile | WriteFile, said: str
) -> None:
    assert said in step.describe()
    assert "secret" not in step.describe()
