from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.plan.changes.firewall import PROGRAMS, TwinRule
from runbook.plan.changes.steps import Command, Step
from runbook.state.syntax.iptables_save import words

arguments = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=10)
PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:!+")


def as_saved(argument: str) -> str:
    """The argument as iptables-save writes it (xtables_save_string)."""
    if argument and set(argument) <= PLAIN:
        return argument
    escaped = "".join(f"\\{c}" if c in "\"\\'" else c for c in argument)
    return f'"{escaped}"'


def twin(**other: object) -> TwinRule:
    """The twin of a rule that admits the operator."""
    base = {"backend": "nft", "family": "inet", "table": "filter", "chain": "INPUT", "position": 3}
    rule = "-A INPUT -i enp4s0f0 -j ACCEPT"
    texts = {"rule": rule, "twin": rule.replace("enp4s0f0", "virbr1")}
    return TwinRule(**{**base, **texts, **other})  # type: ignore[arg-type]


def argv(steps: tuple[Step, ...]) -> tuple[str, ...]:
    """The one command."""
    (step,) = steps
    assert isinstance(step, Command)
    return step.argv


@given(st.lists(arguments, min_size=1, max_size=6))
def test_a_rule_is_read_as_iptables_wrote_it(made: list[str]) -> None:
    assert words(" ".join(as_saved(argument) for argument in made)) == tuple(made)


@pytest.mark.parametrize(
    ("rule", "read"),
    [
        ('--comment "it\\\'s"', ("--comment", "it's")),
        ('--log-prefix "a \\"b\\" \\\\ "', ("--log-prefix", 'a "b" \\ ')),
        ("-m comment  -j  DROP", ("-m", "comment", "-j", "DROP")),
        ('--comment ""', ("--comment", "")),
        ("'[0:0]' it's", ("'[0:0]'", "it's")),
    ],
)
def test_only_double_quotes_quote(rule: str, read: tuple[str, ...]) -> None:
    assert words(rule) == read


@pytest.mark.parametrize(
    ("backend", "family", "program"),
    [
        ("nft", "inet", "iptables-nft"),
        ("nft", "inet6", "ip6tables-nft"),
        ("legacy", "inet", "iptables-legacy"),
        ("legacy", "inet6", "ip6tables-legacy"),
    ],
)
def test_the_twin_goes_where_the_rule_is(backend: str, family: str, program: str) -> None:
    change = twin(backend=backend, family=family, table="mangle")
    start = (program, "-w", "5", "-t", "mangle")
    assert argv(change.do())[:8] == (*start, "-I", "INPUT", "4")
    assert argv(change.undo())[:7] == (*start, "-D", "INPUT")
    assert len(PROGRAMS) == 4


@given(st.lists(arguments, min_size=1, max_size=4), st.integers(1, 500))
def test_it_is_taken_away_by_the_very_words_it_was_put_in_by(
    made: list[str], position: int
) -> None:
    text = "-A INPUT " + " ".join(as_saved(argument) for argument in made)
    change = twin(twin=text, position=position)
    assert argv(change.do())[8:] == argv(change.undo())[7:] == tuple(made)
    assert argv(change.do())[7] == str(position + 1)


def test_the_operator_reads_both_rules() -> None:
    change = twin()
    assert change.before == change.rule
    assert change.after.split("\n") == [change.rule, change.twin]
