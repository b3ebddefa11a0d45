from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.state.syntax.ifupdown import misplaced, parse, reached, sourced, stanzas

PATH = "/etc/network/interfaces"
# Every shape of interfaces(5) that a host of ours may have.
ODD = """\
# auto enp4s0f0 -- not this one
source /etc/network/interfaces.d/*
\tauto lo   enp4s0f0
allow-hotplug \\
    enp4s0f1
iface lo inet loopback

iface enp4s0f0 inet static
    # the LAN
    address 172.16.1.1 \\
            # 172.16.9.9
    netmask 255.255.0.0

    gateway   172.16.0.1
    up ip route add 10.0.0.0/8 \\
       via 172.16.0.9
# of the next one
iface enp4s0f0 inet6 auto
mapping eth0
    script /usr/local/sbin/which
    map HOME eth0-home
no-auto-down enp4s0f1
"""

words = st.text("abcdef0189./:", min_size=1, max_size=8)
lines = st.lists(words, min_size=1, max_size=3).map(" ".join)
options = st.one_of(lines.map("    {}".format), st.sampled_from(["", "# comment", "\t#\\"]))
heads = st.one_of(
    st.builds("auto {}".format, words),
    st.builds("allow-hotplug {}".format, words),
    st.builds("iface {} {} {}".format, words, st.sampled_from(["inet", "inet6"]), words),
)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("auto e0\niface e0 inet manual\n    mtu 9000\n", 0),
        ("mapping e0\n    script /bin/true\n", 0),
        ("mtu 9000\nauto e0\n", 1),
        ("auto e0\riface e0 inet static\n address 172.16.1.1/16\n", 2),
        ("\ufeffauto e0\n", 1),
        ("auto\u00a0e0\niface e0 inet manual\n", 1),
        ("auto\x1ce0\niface e0 inet manual\n", 1),
        ("# a comment\rmtu 9000\n\n\tauto\x0be0\r\niface\x0ce0 inet manual\n", 0),
        ("auto e0\niface e0 inet manual\nsource /etc/x\n\n\n    mtu 9000\n", 6),
    ],
)
def test_the_line_at_which_ifupdown_gives_a_file_up(content: str, line: int) -> None:
    assert misplaced(content) == line


def test_what_belongs_to_which_stanza() -> None:
    found = [(s.kind, s.name, s.family, s.method, s.first, s.last) for s in parse(PATH, ODD)]
    assert found == [
        ("source", "/etc/network/interfaces.d/*", "", "", 2, 2),
        ("auto", "lo enp4s0f0", "", "", 3, 3),
        ("allow-hotplug", "enp4s0f1", "", "", 4, 5),
        ("iface", "lo", "inet", "loopback", 6, 6),
        ("iface", "enp4s0f0", "inet", "static", 8, 16),
        ("iface", "enp4s0f0", "inet6", "auto", 18, 18),
        ("mapping", "eth0", "", "", 19, 21),
        ("no-auto-down", "enp4s0f1", "", "", 22, 22),
    ]


def test_an_option_is_a_word_and_the_rest_of_its_line() -> None:
    (stanza,) = (s for s in parse(PATH, ODD) if s.method == "static")
    assert dict(stanza.options) == {
        "address": "172.16.1.1 # 172.16.9.9",
        "netmask": "255.255.0.0",
        "gateway": "172.16.0.1",
        "up": "ip route add 10.0.0.0/8 via 172.16.0.9",
    }


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


@pytest.mark.parametrize("end", ["\\", "\\\n", "\n", ""])
def test_a_last_line_that_should_have_gone_on_is_not_lost(end: str) -> None:
    (stanza,) = parse(PATH, f"iface eth0 inet dhcp\n    hostname a{end}")
    assert stanza.options == (("hostname", "a"),)


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


FOLDER = "/etc/network/interfaces.d"


@pytest.mark.parametrize(
    ("line", "names", "read"),
    [
        ("source /etc/network/interfaces.d/*", ["lan", "lan.cfg", ".swp"], ["lan", "lan.cfg"]),
        ("source interfaces.d/*.cfg", ["lan", "b.cfg", "a.cfg"], ["a.cfg", "b.cfg"]),
        ("source-directory interfaces.d", ["b-1", "a_2", "lan.bak", "x~", ".y"], ["a_2", "b-1"]),
        ("source interfaces.d/*", ["deep/lan"], []),
        ("source /etc/network/interfaces", ["lan"], []),
        ("auto lo", ["lan"], []),
    ],
)
def test_which_files_ifupdown_comes_to(line: str, names: list[str], read: list[str]) -> None:
    contents = {PATH: f"{line}\n", **{f"{FOLDER}/{name}": "" for name in names}}
    assert reached(contents) == (PATH, *(f"{FOLDER}/{name}" for name in read))


def test_files_that_take_each_other_in_are_each_read_once() -> None:
    contents = {
        PATH: "source interfaces.d/*\n",
        f"{FOLDER}/a": f"source {PATH}\nsource b\n",
        f"{FOLDER}/b": "source a\n",
    }
    assert reached(contents) == (PATH, f"{FOLDER}/a", f"{FOLDER}/b")


def test_without_its_first_file_ifupdown_reads_none() -> None:
    assert reached({f"{FOLDER}/lan": "auto lo\n"}) == ()
