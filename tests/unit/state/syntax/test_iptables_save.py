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


@pytest.mark.parametrize("long", [f"#{'x' * 10240}", f"-A INPUT {' ' * 11000}-j ACCEPT"])
def test_a_line_longer_than_iptables_restore_reads_is_refused_by_its_number(long: str) -> None:
    with pytest.raises(NotInTheWords) as refused:
        parse(f"*filter\n:INPUT ACCEPT [0:0]\n{long}\nCOMMIT\n")
    assert refused.value.line == 3
