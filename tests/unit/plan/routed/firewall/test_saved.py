from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import fakes
from tests.unit.fakes import BRIDGE, NIC

from runbook.common.errors import Refused
from runbook.plan.changes.file_steps import EditFile
from runbook.plan.changes.files import EditLines, PutFile
from runbook.plan.netfilter.canonical import canonical
from runbook.plan.routed.firewall.profile import profile
from runbook.plan.routed.firewall.saved import composed, line_edits, saved_firewall
from runbook.state.host.operator_connection import Connection
from runbook.state.syntax.iptables_save import parse

CORPUS = sorted((Path(__file__).parents[3] / "data/iptables").glob("*.rules"))
V4, V6 = "/etc/iptables/rules.v4", "/etc/iptables/rules.v6"
OPERATOR = Connection("10.99.0.2", 50000, fakes.IP, 22)
DROP = profile(fakes.params(firewall="drop"), OPERATOR)
ACCEPT = profile(fakes.params(firewall="accept"), OPERATOR)
texts = st.lists(st.sampled_from(["a", "b", "", "c d"]), min_size=1, max_size=8).map("\n".join)


@given(texts, texts)
def test_the_edits_make_the_one_text_of_the_other(old: str, new: str) -> None:
    # A file that ends without a newline is given one where something follows.
    old, new = f"{old}\n", f"{new}\n"
    assert EditFile("/x", "", line_edits(old, new)).applied_to(old.encode()) == new.encode()
    assert line_edits(old, old) == ()


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
@pytest.mark.parametrize("expected", [DROP, ACCEPT], ids=["drop", "accept"])
def test_what_others_saved_is_kept_and_what_libvirt_makes_is_not(
    path: Path, expected: object
) -> None:
    text, wanted = path.read_text(), DROP if expected is DROP else ACCEPT
    made = composed(text, wanted, "inet")
    assert wanted.lacking(made, "inet") == []
    assert composed(made, wanted, "inet") == made
    assert "LIBVIRT_" not in made
    kept = [
        line
        for line in text.split("\n")
        if line.startswith(("-A", "[", "#")) and "LIBVIRT_" not in line
    ]
    left = iter(made.split("\n"))
    assert all(line in left for line in kept)
    edits = line_edits(text, made)
    assert EditFile("", "", edits).applied_to(text.encode()).decode() == made


def test_the_jump_stands_before_what_would_drop_and_the_policy_is_set() -> None:
    text = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j DROP\nCOMMIT\n"
    (table,) = parse(composed(text, DROP, "inet")).tables
    first = next(r.text for r in table.rules if r.chain == "INPUT")
    assert first == "-A INPUT -j RUNBOOK-IN"
    assert {c.name: c.policy for c in table.chains} == {
        "INPUT": "DROP", "FORWARD": "DROP", "OUTPUT": "ACCEPT",
        "RUNBOOK-IN": "-", "RUNBOOK-FWD": "-",
    }  # fmt: skip


def test_each_family_has_its_file_and_the_operator_is_in_the_right_one() -> None:
    made = list(saved_firewall(DROP, NIC, BRIDGE, fakes.seen()))
    assert [c.path for c in made] == [V4, V6]
    assert all(isinstance(c, PutFile) and c.mode == 0o640 for c in made)
    four, six = (c.text for c in made if isinstance(c, PutFile))
    assert "-s 10.99.0.2/32 -p tcp -m tcp --dport 22" in four
    assert "10.99.0.2" not in six
    assert "--icmpv6-type 135" in six


def test_a_file_that_is_there_is_edited_with_its_twins() -> None:
    ssh = f"-A INPUT -i {NIC} -p tcp -m tcp --dport 22 -j ACCEPT"
    text = f"# mine\n*filter\n:INPUT DROP [0:0]\n{ssh}\nCOMMIT\n"
    seen = fakes.seen(files=[fakes.file(V4, text)])
    edit, put = saved_firewall(DROP, NIC, BRIDGE, seen)
    assert isinstance(edit, EditLines)
    assert isinstance(put, PutFile)
    (step,) = edit.do()
    assert isinstance(step, EditFile)
    made = step.applied_to(text.encode()).decode()
    assert made.startswith("# mine\n")
    rules = {canonical(r.text) for t in parse(made).tables for r in t.rules}
    assert canonical(ssh.replace(NIC, BRIDGE)) in rules


@pytest.mark.parametrize("text", ["-A INPUT -j DROP\n", "*filter\n-I INPUT -j DROP\nCOMMIT\n"])
def test_a_file_in_other_words_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="cannot be edited"):
        list(saved_firewall(DROP, NIC, BRIDGE, fakes.seen(files=[fakes.file(V4, text)])))
