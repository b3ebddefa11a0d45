from __future__ import annotations

import hashlib

from tests.unit import fakes
from tests.unit.fakes import NIC
from tests.unit.state.recorded import as_documented, column

from runbook.plan.forecast import after_plan
from runbook.plan.routed.procedure import make_plan
from runbook.state import files, networks
from runbook.state.files import FileRow
from runbook.state.leases import LeaseRow
from runbook.state.networks import NetworkRow

INTERFACES = "/etc/network/interfaces"
BEFORE = fakes.seen(leases=[fakes.lease(), fakes.lease(ifname="enp4s0f1", pid=9)])
PLAN = make_plan(fakes.params(), BEFORE)
AFTER = after_plan.after(PLAN, BEFORE)


def test_each_edited_file_is_shown_as_a_diff_and_no_other() -> None:
    (diff,) = after_plan.diffs(PLAN, BEFORE)
    head, _, _, *lines = diff.split("\n")
    assert head.startswith(f"--- {INTERFACES}")
    assert [line for line in lines if line[:1] in "+-" and line] == [
        f"-iface {NIC} inet static",
        f"-    address {fakes.ADDRESS}",
        f"-    gateway {fakes.GATEWAY}",
        f"+iface {NIC} inet manual",
    ]


def test_a_secret_beside_an_edit_stays_redacted() -> None:
    rules = "/etc/iptables/rules.v4"
    text = f"*filter\n# password = <redacted>\n-A INPUT -i {NIC} -j ACCEPT\nCOMMIT\n"
    seen = fakes.seen(**fakes.more("files", fakes.file(rules, text)))
    _, diff = sorted(after_plan.diffs(make_plan(fakes.params(), seen), seen), reverse=True)
    assert "<redacted>" in diff
    assert "+-A INPUT -i virbr1 -j ACCEPT" in diff


def test_the_tables_are_as_a_reader_would_have_made_them() -> None:
    assert as_documented(AFTER.rows(FileRow), files.TABLE)
    assert as_documented(AFTER.rows(NetworkRow), networks.TABLE)
    found = {row.path: row for row in AFTER.rows(FileRow)}
    for promised in PLAN.of_host.files:
        row = found[promised.path]
        assert row.content == promised.text
        assert row.sha256 == hashlib.sha256(promised.text.encode()).hexdigest()
    assert f"iface {NIC} inet manual" in found[INTERFACES].content


def test_only_the_nic_s_clients_are_gone() -> None:
    assert column(AFTER.rows(LeaseRow), "ifname") == ["enp4s0f1"]
    assert column(BEFORE.rows(LeaseRow), "ifname") == [NIC, "enp4s0f1"]


def test_a_plan_that_is_empty_leaves_everything() -> None:
    done = fakes.as_promised(PLAN.of_host)
    empty = make_plan(fakes.params(), done)
    assert empty.empty
    assert after_plan.after(empty, done) == done
    assert after_plan.diffs(empty, done) == ()
