"""Whatever was done, and however little of it, the way back leads to where it began."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit import fakes
from tests.unit.fakes import NIC, Row
from tests.unit.plan.changes.host_model import HostModel
from tests.unit.plan.changes.modelled import modelled
from tests.unit.plan.routed import corpus

from runbook.plan.changes.bridge_client import RunClient
from runbook.plan.plan import Plan
from runbook.plan.routed.procedure import make_plan
from runbook.state.host.operator_connection import Connection
from runbook.state.leases import LeaseRow
from runbook.state.snapshot import Snapshot

CLIENT = fakes.lease()
RULES = (
    f"-A INPUT -i {NIC} -p tcp -m tcp --dport 22 -j ACCEPT",
    "-A INPUT -i lo -j ACCEPT",
    '-A INPUT -i enp+ -m comment --comment "it\\\'s $(x)" -j ACCEPT',
    f"-A FORWARD -o {NIC} -j DROP",
)
POLICIES = ("-P INPUT DROP", "-P FORWARD DROP", "-P OUTPUT DROP")
OPERATOR = Connection("10.99.0.2", 50000, fakes.IP, 22)
ASKED_FOR = """\
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:own - [0:0]
-A INPUT -j own
-A INPUT -i lo -j ACCEPT
-A own -m comment --comment "it\\'s $(x)" -j RETURN
COMMIT
*nat
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -s 172.10.16.0/20 -o enp4s0f0 -j MASQUERADE
COMMIT
"""
SAVED = "*filter\n:INPUT DROP [0:0]\n" + "".join(f"{rule}\n" for rule in RULES) + "COMMIT\n"
EXTRA = (
    fakes.route("10.1.0.0/16", NIC, gateway="172.16.0.9", metric=50, mtu=1400),
    fakes.route("10.2.0.0/16", NIC, gateway="172.16.0.9", table=7, onlink=True),
    fakes.route("10.3.0.0/16", NIC, scope="link", prefsrc=fakes.IP),
    fakes.route("192.168.0.0/24", "enp4s0f1", scope="link", protocol="kernel"),
)
# With the routes that the kernel makes with each; the secondary one has none of its own.
OTHERS = (
    (fakes.address(NIC, "172.16.1.9/16", flags="permanent secondary", label=f"{NIC}:1"), None),
    (
        fakes.address(NIC, "10.77.0.5/24"),
        fakes.route("10.77.0.0/24", NIC, prefsrc="10.77.0.5", protocol="kernel", scope="link"),
    ),
    (fakes.address(NIC, "172.20.7.9/32"), None),
    (
        fakes.address(NIC, "10.9.0.1/32", peer="10.9.0.2"),
        fakes.route("10.9.0.2/32", NIC, prefsrc="10.9.0.1", protocol="kernel", scope="link"),
    ),
)
DEFAULTS: tuple[Row, ...] = ({}, {"onlink": True}, {"metric": 100}, {"protocol": "dhcp"})
LENT: tuple[Row, ...] = ({}, {"valid_lft_s": 3600, "preferred_lft_s": 1800, "flags": ""})
SYSCTLS = [str(row["name"]) for row in fakes.standard()["sysctl"]]
LOOSE = "net.netfilter.nf_conntrack_tcp_loose"


@st.composite
def hosts(draw: st.DrawFn) -> Snapshot:
    """The standard host, but for what a host may have besides."""
    default = draw(st.sampled_from(DEFAULTS))
    extra = draw(st.lists(st.sampled_from(EXTRA), unique_by=lambda route: route["dst"]))
    policies = draw(st.lists(st.sampled_from(POLICIES), unique=True))
    live = draw(st.lists(st.sampled_from(RULES), max_size=4, unique=True))
    values = draw(st.lists(st.sampled_from("01"), min_size=len(SYSCTLS), max_size=len(SYSCTLS)))
    sysctl = [{"name": n, "value": v} for n, v in zip(SYSCTLS, values, strict=True)]
    # The kernel has one switch under two names.
    sysctl[1]["value"] = sysctl[0]["value"]
    loose = draw(st.sampled_from(["", "0", "1"]))
    files = corpus.files(draw(st.sampled_from(corpus.EDITABLE)))
    if draw(st.booleans()):
        files.append(fakes.file("/etc/iptables/rules.v4", SAVED))
    lent = draw(st.sampled_from(LENT))
    six = draw(st.sampled_from(({}, fakes.static6(), fakes.slaac())))
    others = draw(st.lists(st.sampled_from(OTHERS), unique_by=lambda one: one[0]["address"]))
    return fakes.seen(
        routes=[
            *(fakes.default(NIC, **default), fakes.connected(NIC), *extra),
            *(route for _, route in others if route),
            *_six("routes", six),
        ],
        addresses=[
            *(fakes.address(NIC, fakes.ADDRESS, **lent), *(row for row, _ in others)),
            *_six("addresses", six),
        ],
        firewall=[*map(_policy, policies), *(_live(rule, live) for rule in live)],
        sysctl=[
            *sysctl,
            *_six("sysctl", six),
            *([{"name": LOOSE, "value": loose}] if loose else []),
        ],
        files=files,
        leases=[CLIENT] if draw(st.booleans()) else [],
    )


def _policy(said: str) -> Row:
    return fakes.rule(said, 0)


def _six(table: str, tables: dict[str, list[Row]]) -> list[Row]:
    """What the standard host does not have."""
    return [row for row in tables.get(table, []) if row not in fakes.standard()[table]]


def _live(rule: str, rules: list[str]) -> Row:
    before = rules[: rules.index(rule)]
    same = [other for other in before if other.split()[1] == rule.split()[1]]
    return fakes.rule(rule, len(same) + 1)


FIREWALLS = st.tuples(
    st.sampled_from(["keep", "accept", "drop"]), st.sampled_from([None, ASKED_FOR])
)


def undone(model: HostModel, plan: Plan) -> dict[str, Any]:
    """The state after the whole way back."""
    for _, step in plan.undo_steps():
        model.make(step)
    state = model.state()
    assert model.armed
    # A module that was loaded stays, with its own default.
    if LOOSE not in model.armed.sysctls:
        assert state["sysctls"].pop(LOOSE, "1") == "1"
    return state


@given(st.booleans(), st.integers(0, 75))
def test_a_point_to_point_address_comes_back_whole(
    six: bool,  # noqa: FBT001
    most: int,
) -> None:
    plan, seen = fakes.point_to_point(**(fakes.static6() if six else {}))
    model = modelled(seen, plan)
    assert model.armed
    before = model.armed.state()
    for numbered in plan.steps()[:most]:
        model.make(numbered.step)
    assert undone(model, plan) == before


@settings(max_examples=25)
@given(hosts(), st.booleans(), st.sampled_from(["nat", "open"]), FIREWALLS, st.integers(0, 85))
def test_a_change_that_stopped_anywhere_is_undone_whole(
    seen: Snapshot,
    stp: bool,  # noqa: FBT001
    forward: str,
    firewall: tuple[str, str | None],
    most: int,
) -> None:
    profile, text = firewall
    rules = {"rules": "x.rules", "rules_text": text} if text else {}
    keep = {"addressing": "keep", "bridge_mac": "nic"} if stp and seen.rows(LeaseRow) else {}
    asked = fakes.params(stp=stp, forward=forward, firewall=profile, **rules, **keep)
    plan = make_plan(asked, seen, OPERATOR)
    assert bool(keep) == any(isinstance(change, RunClient) for change in plan.changes)
    model = modelled(seen, plan)
    assert model.armed
    before = model.armed.state()
    for numbered in plan.steps()[:most]:
        model.make(numbered.step)
    assert undone(model, plan) == before
    assert undone(model, plan) == before
