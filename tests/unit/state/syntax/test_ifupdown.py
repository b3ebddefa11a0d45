from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.state.syntax.ifupdown import parse, reached, sourced, stanzas

PATH = "/etc/network/interfaces"

words = st.text("abcdef0189./:", min_size=1, max_size=8)
lines = st.lists(words, min_size=1, max_size=3).map(" ".join)
options = st.one_of(lines.map("    {}".format), st.sampled_from(["", "# comment", "\t#\\"]))
heads = st.one_of(
    st.builds("auto {}".format, words),
    st.builds("allow-hotplug {}".format, words),
    st.builds("iface {} {} {}".format, words, st.sampled_from(["inet", "inet6"]), words),
)


@given(st.lists(st.tuples(heads, st.lists(options, max_size=4)), max_size=5))
def test_every_stanza_is_found_where_it_stands(made: list[tuple[str, list[str]]]) -> None:
    content = "".join(f"{line}\n" for head, rest in made for line in (head, *rest))
    found = parse(PATH, content)
    every = content.split("\n")
    assert [every[s.first - 1] for s in found] == [head for head, _ in made]
    assert all(s.first <= s.last for s in found)
    assert all(one.last < two.first for one, two in pairwise(found))
    for stanza, (_, rest) in zip(found, made, strict=True):
        said = [line.split() for line in rest if line.strip() and "#" not in line]
        assert [(o[0], " ".join(o[1:])) for o in said] == list(stanza.options)


@given(st.text(st.sampled_from("iface auto\\\n#\t\r ex"), max_size=40))
def test_no_text_breaks_it_and_no_line_is_outside_the_file(content: str) -> None:
    last = len(content.split("\n"))
    assert all(1 <= s.first <= s.last <= last for s in parse(PATH, content))


@pytest.mark.parametrize(
    ("line", "patterns"),
    [
        ("source /etc/network/interfaces.d/*", ["/etc/network/interfaces.d/*"]),
        (
            "source interfaces.d/*.cfg more",
            ["/etc/network/interfaces.d/*.cfg", "/etc/network/more"],
        ),
        ("source-directory interfaces.d", ["/etc/network/interfaces.d/*"]),
        ("# source /etc/other", []),
        ("auto source", []),
    ],
)
def test_what_a_file_takes_in(line: str, patterns: list[str]) -> None:
    assert list(sourced(PATH, f"{line}\n")) == patterns


def test_only_files_of_ifupdown_are_read() -> None:
    text = "iface eth0 inet manual\n"
    contents = {PATH: text, "/etc/sysctl.d/interfaces": text}
    assert [s.path for s in stanzas(contents)] == [PATH]


def test_without_its_first_file_ifupdown_reads_none() -> None:
    assert reached({"/etc/network/interfaces.d/lan": "auto lo\n"}) == ()
