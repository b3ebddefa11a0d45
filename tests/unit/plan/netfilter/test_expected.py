from __future__ import annotations

import pytest
from tests.unit import fakes
from tests.unit.fakes import Row

from runbook.plan.netfilter.expected import SAVED, ExpectedFirewall
from runbook.plan.promise.check import Check
from runbook.plan.routed.desired_state import make_promise
from runbook.plan.routed.firewall.profile import profile
from runbook.plan.routed.firewall.saved import composed
from runbook.state.files import FileRow
from runbook.state.firewall import FirewallRow
from runbook.state.host.operator_connection import Connection

OPERATOR = Connection("10.99.0.2", 50000, fakes.IP, 22)
ASKED = fakes.params(firewall="drop")
DROP = profile(ASKED, OPERATOR)
ACCEPT = profile(fakes.params(firewall="accept"), None)


def live(expected: ExpectedFirewall) -> list[Row]:
    """The rules as they are promised, libvirt's beside them."""
    rows = [fakes.rule(f"-P {p.chain} {p.policy}", 0, family=p.family) for p in expected.policies]
    rows += [fakes.rule(r.rule, n, family=r.family) for n, r in enumerate(expected.rules, 1)]
    return [*rows, fakes.rule("-A INPUT -j LIBVIRT_INP", 99)]


def saved(expected: ExpectedFirewall) -> list[Row]:
    return [fakes.file(path, composed("", expected, family)) for family, path in SAVED.items()]


def broken(expected: ExpectedFirewall, firewall: list[Row], files: list[Row]) -> list[str]:
    seen = fakes.seen(firewall=firewall, files=files)
    checks = [Check(*told) for told in expected.checks(seen.rows(FirewallRow), seen.rows(FileRow))]
    assert checks
    return [f"{c.about}: {c.seen}" for c in checks if not c.kept]


@pytest.mark.parametrize("expected", [DROP, ACCEPT], ids=["drop", "accept"])
def test_what_is_as_promised_is_seen_to_be(expected: ExpectedFirewall) -> None:
    assert broken(expected, live(expected), saved(expected)) == []


def test_a_policy_that_is_not_set_breaks_the_promise_in_either_backend() -> None:
    without = [row for row in live(DROP) if row["rule"] != "-P INPUT DROP"]
    assert broken(DROP, without, saved(DROP)) == [
        "iptables filter INPUT: policy ACCEPT", "ip6tables filter INPUT: policy ACCEPT",
    ]  # fmt: skip
    legacy = fakes.rule("-P FORWARD DROP", 0, backend="legacy")
    assert broken(ACCEPT, [*live(ACCEPT), legacy], saved(ACCEPT)) == [
        "iptables filter FORWARD: policy DROP"
    ]


def test_a_rule_that_is_gone_breaks_the_promise() -> None:
    for lost in DROP.rules:
        rest = [
            row for row in live(DROP) if (row["family"], row["rule"]) != (lost.family, lost.rule)
        ]
        (said,) = broken(DROP, rest, saved(DROP))
        assert lost.rule in said


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (("-A INPUT -j RUNBOOK-IN\n", ""), "-A INPUT -j RUNBOOK-IN"),
        ((":INPUT DROP", ":INPUT ACCEPT"), "-P INPUT DROP"),
        (("COMMIT", "-A INPUT -j LIBVIRT_INP\nCOMMIT"), "LIBVIRT_INP"),
        (("COMMIT", "OOPS"), "OOPS"),
    ],
)
def test_a_file_that_would_load_something_else_breaks_the_promise(
    edit: tuple[str, str], said: str
) -> None:
    four, six = saved(DROP)
    text = str(four["content"])
    assert edit[0] in text
    (told,) = broken(DROP, live(DROP), [fakes.file(SAVED["inet"], text.replace(*edit)), six])
    assert said in told
    assert len(broken(DROP, live(DROP), [six])) == 1


def test_verification_holds_the_firewall_against_the_promise() -> None:
    promise = make_promise(ASKED, fakes.seen(), OPERATOR)
    kept = [fakes.file(f.path, f.text) for f in promise.files]
    good = fakes.as_promised(promise, firewall=live(DROP), files=[*kept, *saved(DROP)])
    assert [c.about for c in promise.checks(good) if not c.kept] == []
    bare = fakes.as_promised(promise)
    assert [c.about for c in promise.checks(bare) if not c.kept and "iptables" in c.about]
