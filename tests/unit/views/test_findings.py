from __future__ import annotations

from dataclasses import replace

from tests.unit import hosts

from runbook.plan.promise.check import Check
from runbook.preflight import Finding
from runbook.state.host.command_output import CommandOutput
from runbook.views import checks, findings, state, verdict

FINE = Finding("ok", "disk", "room enough", "the undo is kept there")
NOTE = Finding("note", "MTU", "9000 bytes", "the LAN sends as much", "nothing")
BLOCK = Finding("block", "enp4s0f0", "it is part of bond0", "it has one master", "take it out")
RISK = Finding("consent", "STP", "on", "BPDU guard shuts the port", "consent: [bpdu]", "bpdu")


def lines_of(*rows: Finding) -> list[str]:
    return [line for line in findings(rows).text.splitlines() if line]


def test_what_blocks_comes_first_and_what_is_right_is_a_count_at_the_end() -> None:
    given = replace(RISK, about="Docker", given=True)
    _, _, _, *lines = lines_of(FINE, given, NOTE, RISK, BLOCK)
    marks = ["✗ block", "? consent", "· note", "✓ consented to"]
    assert [line.split("  ")[0] for line in lines[:-1]] == marks
    assert lines[-1] == "✓ 1 finding ok: disk"


def test_what_is_right_is_whole_on_the_page_behind_one_line() -> None:
    body = findings([FINE, BLOCK]).body
    seen, folded = body.split("<details><summary>✓ 1 finding ok</summary>")
    assert BLOCK.seen in seen
    assert FINE.seen in folded
    assert FINE.seen not in seen


def test_the_first_line_says_how_many_findings_block() -> None:
    assert lines_of(FINE, NOTE)[0] == "✓ Preflight: nothing blocks the change"
    assert lines_of(FINE, RISK)[0] == "✗ Preflight: 1 finding blocks the change"
    assert lines_of(BLOCK, RISK)[0] == "✗ Preflight: 2 findings block the change"
    assert lines_of(replace(RISK, given=True))[0] == "✓ Preflight: nothing blocks the change"


def test_each_says_what_was_seen_why_it_matters_and_what_to_do() -> None:
    line = next(line for line in lines_of(BLOCK) if line.startswith("✗ block"))
    for words in (BLOCK.seen, BLOCK.why, BLOCK.then):
        assert words in line


def test_a_preflight_that_looked_at_nothing_is_no_good_sign() -> None:
    picture = findings([])
    assert "looked at nothing" in picture.text
    assert "rb-bad" in picture.body


def test_a_broken_check_is_told_from_one_that_is_not_required() -> None:
    made = [
        Check("a", "x", "x", kept=True),
        Check("b", "x", "y", kept=False),
        Check("c", "x", "y", kept=False, required=False),
    ]
    picture = checks(made, "Verdict")
    head, *lines = [line for line in picture.text.splitlines() if line]
    assert head == "Verdict: 1 of 3 checks kept; 1 not required"
    assert [line.split("  ")[0] for line in lines if line[0] in "✗!✓"] == [
        "✗ broken",
        "! not required",
        "✓ 1 check kept: a",
    ]
    assert sum(line.startswith("Not kept") for line in lines) == 2
    assert "✗ broken" in picture.body.partition("<details>")[0]


def test_the_verdict_is_big_and_plain() -> None:
    picture = verdict("good", "as promised", ["run folder: /x"])
    assert "AS PROMISED" in picture.text
    assert "<b>as promised</b>" in picture.body


def test_a_state_shows_addresses_routes_and_neighbours_at_once_and_all_tables_below() -> None:
    picture = state(hosts.before())
    for caption in ("Links", "Addresses", "Routes (main table)", "Neighbours (ARP and NDP)"):
        assert caption in picture.text
    assert "net.ipv4.ip_forward" in picture.body


def test_whose_each_rule_is_stands_beside_it_and_native_rules_are_shown() -> None:
    jump = {"backend": "nft", "family": "inet", "table": "filter", "chain": "INPUT"}
    native = {"family": "ip", "table": "libvirt_network", "chain": "guest_input", "rule": "[]"}
    seen = hosts.snapshot(
        firewall=[{**jump, "position": 1, "rule": "-A INPUT -j RUNBOOK-IN", "nth": 1}],
        nftables=[{**native, "position": 1}],
    )
    lines = state(seen).text.split("\n")
    assert [line for line in lines if line.startswith("runbook") and "RUNBOOK-IN" in line]
    assert [line for line in lines if line.startswith("libvirt") and "guest_input" in line]


def test_what_the_host_s_own_programs_print_is_one_click_away_and_in_no_log() -> None:
    said = (
        CommandOutput("addresses", ("ip", "address"), 0, "1: lo: <LOOPBACK,UP> inet 127.0.0.1/8"),
        CommandOutput("nftables", ("nft", "list", "ruleset"), 1, "Operation not permitted"),
        CommandOutput("guests", ("virsh", "list", "--all"), None, "it did not end within 5 s"),
    )
    picture = state(hosts.before(), said)
    first, folded = picture.body.split("<summary>All ")
    assert "<summary>as <code>ip address</code> prints it</summary>" in first
    assert "1: lo: &lt;LOOPBACK,UP&gt; inet 127.0.0.1/8" in first
    assert "<code>nft list ruleset</code> fails, with status 1" in first
    assert "Operation not permitted" in first
    assert "<code>virsh list --all</code>: it did not end within 5 s" in folded
    assert picture.text == state(hosts.before()).text
