from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.state.test_firewall import BUILT_IN, rulesets, saved

from runbook.state.syntax.iptables_save import (
    Chain,
    Comment,
    Counters,
    NotInTheWords,
    Rule,
    Ruleset,
    RuleTable,
    parse,
    render,
)
from runbook.state.syntax.iptables_save import words as words_of

DATA = Path(__file__).parents[2] / "data"
CORPUS = sorted([*(DATA / "iptables").glob("*.rules"), *(DATA / "kernel").glob("ip*-save.txt")])
words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), min_size=1)
numbers = st.builds(Counters, st.integers(0, 1 << 64), st.integers(0, 1 << 64))
counters = st.none() | numbers
in_line = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
comments = st.builds(Comment, in_line.map("#".__add__) | st.just(""))
chains = st.builds(Chain, words, st.sampled_from(["ACCEPT", "DROP", "-"]), counters)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    chain, rest = draw(words), draw(in_line)
    return Rule(chain, f"-A {chain} {rest}", draw(counters))


tables = st.builds(
    RuleTable,
    words,
    st.lists(st.one_of(chains, rules(), comments), max_size=6).map(tuple),
    st.lists(comments, max_size=2).map(tuple),
)
made = st.builds(
    Ruleset, st.lists(tables, max_size=3).map(tuple), st.lists(comments, max_size=2).map(tuple)
)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_a_file_comes_back_byte_for_byte_and_all_of_it_was_read(path: Path) -> None:
    text = path.read_text()
    found = parse(text)
    assert render(found) == text
    rules = [rule for table in found.tables for rule in table.rules]
    assert len(rules) == sum(line.startswith(("-A", "[")) for line in text.split("\n")) > 0
    assert {c.name for t in found.tables for c in t.chains} & BUILT_IN


def test_the_corpus_is_found() -> None:
    assert len(CORPUS) > 9


@given(rulesets, st.booleans())
def test_what_iptables_save_prints_comes_back(
    rulesets: dict[str, dict[str, list[str]]],
    counted: bool,  # noqa: FBT001
) -> None:
    text = saved(rulesets, counters=counted)
    assert render(parse(text)) == text


@given(made)
def test_a_ruleset_is_read_back_as_it_was(ruleset: Ruleset) -> None:
    if ruleset.tables or ruleset.tail:
        assert parse(render(ruleset)) == ruleset


@given(st.text(max_size=60))
def test_a_text_is_refused_or_comes_back(text: str) -> None:
    try:
        found = parse(text)
    except NotInTheWords:
        return
    assert render(found) == text


@pytest.mark.parametrize(
    "odd",
    [
        "-A INPUT -p tcp\r--dport 22 -j ACCEPT",
        "-A INPUT -p tcp\x0b--dport 22 -j ACCEPT",
        "-A INPUT -p tcp\0 --dport 22 -j ACCEPT",
        "# a comment\0",
        f"#{'x' * 10240}",
        f"-A INPUT {' ' * 11000}-j ACCEPT",
    ],
)
def test_a_line_that_iptables_restore_reads_otherwise_is_refused_by_its_number(odd: str) -> None:
    with pytest.raises(NotInTheWords) as refused:
        parse(f"*filter\n:INPUT ACCEPT [0:0]\n{odd}\nCOMMIT\n")
    assert refused.value.line == 3


@pytest.mark.parametrize("comment", ["f\udcfcr", "a\x1bb", "a\tb", "a\u00a0b"])
def test_a_comment_may_hold_what_is_no_text(comment: str) -> None:
    text = f'*filter\n-A INPUT -m comment --comment "{comment}" -j ACCEPT\nCOMMIT\n'
    (rule,) = parse(text).tables[0].rules
    assert words_of(rule.text)[5] == comment
    assert render(parse(text)) == text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("*filter\n-A INPUT -j DROP\n", 0),
        ("-A INPUT -j DROP\n", 1),
        ("*filter\n-I INPUT -j DROP\nCOMMIT\n", 2),
        ("*filter\n:INPUT DROP [00:1]\nCOMMIT\n", 2),
        ("# x\n\n*filter\n:INPUT DROP [0:0] \nCOMMIT\n", 4),
        ("*filter\nCOMMIT\nCOMMIT\n", 3),
        ("*filter\n*nat\nCOMMIT\n", 2),
        ("iptables v1.8.9: can't initialize\n", 1),
    ],
)
def test_the_line_that_is_not_understood_is_named(text: str, line: int) -> None:
    with pytest.raises(NotInTheWords) as refused:
        parse(text)
    assert refused.value.line == line


def test_chains_rules_and_their_counters_are_told() -> None:
    (table,) = parse("*nat\n:own - [0:0]\n[5:300] -A own -j RETURN\nCOMMIT\n").tables
    assert table.chains == (Chain("own", "-", Counters(0, 0)),)
    assert table.rules == (Rule("own", "-A own -j RETURN", Counters(5, 300)),)
