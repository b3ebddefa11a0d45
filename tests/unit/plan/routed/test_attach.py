"""A host whose address is on a bridge already: one libvirt network onto it, and nothing else."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

import pytest
from tests.unit import fakes
from tests.unit.fakes import ADDRESS, GATEWAY, IP, LAN, NIC, NIC_MAC, Row

from runbook.apply.checkpoint.script import undo_script
from runbook.common import serial
from runbook.common.errors import ParameterError
from runbook.params import Params
from runbook.plan import plan as plans
from runbook.plan.changes.attach import AttachNetwork
from runbook.plan.changes.steps import Command
from runbook.plan.forecast import after_plan
from runbook.plan.forecast.boot import rehearse
from runbook.plan.forecast.wiring import wired
from runbook.plan.plan import Plan
from runbook.plan.promise.attached import AttachedPromise
from runbook.plan.routed.procedure import make_plan
from runbook.preflight import Cleared, Finding, RefusedByPreflight, preflight
from runbook.preflight.survey.candidates import candidates
from runbook.preflight.survey.judge import judge
from runbook.preflight.survey.offer import offer
from runbook.state.networks import NetworkRow
from runbook.state.snapshot import Snapshot

BR0 = "br0"
STANZA = f"""\
auto {BR0}
iface {NIC} inet manual
iface {BR0} inet static
    address {ADDRESS}
    gateway {GATEWAY}
    bridge_ports {NIC}
"""
HOSTBR: Row = {
    "name": "hostbr",
    "bridge": BR0,
    "forward_mode": "bridge",
    "active": True,
    "persistent": True,
    "autostart": True,
}


def bridged(text: str = STANZA, /, **tables: list[Row]) -> Snapshot:
    """A host as ifupdown makes it with bridge_ports, a guest's tap beside the NIC."""
    rows: dict[str, list[Row]] = {
        "links": [
            fakes.link(NIC, mac=NIC_MAC, master=BR0),
            fakes.link("vnet0", kind="tun", mac="fe:54:00:00:00:01", master=BR0),
            fakes.link(BR0, kind="bridge", mac=NIC_MAC, stp=0, forward_delay_s=0.0),
        ],
        "bridge_ports": [
            {"bridge": BR0, "port": port, "state": "forwarding"} for port in (NIC, "vnet0")
        ],
        "addresses": [fakes.address(BR0, ADDRESS)],
        "routes": [fakes.default(BR0), fakes.route(LAN, BR0, prefsrc=IP, scope="link")],
        "files": [fakes.file("/etc/network/interfaces", text)],
    }
    return fakes.seen(**{**rows, **tables})


def asked(**other: object) -> Params:
    return fakes.params(**{"attach": True, "bridge": BR0, "consent": (), **other})


def planned(host: Snapshot | None = None, /, **other: object) -> Plan:
    return make_plan(asked(**other), host or bridged())


def cleared(host: Snapshot | None = None, **other: object) -> Cleared:
    host = host or bridged()
    params = asked(**other)
    return preflight(params, make_plan(params, host), host, fakes.GOOD)


def refused(host: Snapshot, **other: object) -> list[Finding]:
    with pytest.raises(RefusedByPreflight) as caught:
        cleared(host, **other)
    return [finding for finding in caught.value.findings if finding.against]


@pytest.mark.parametrize(
    ("other", "field", "said"),
    [
        ({"bridge": "br7"}, "bridge", "choose one of: br0"),
        ({"bridge": "enp4s0f1"}, "bridge", "none of that name"),
        ({"interface": "enp9s0"}, "interface", "no interface of that name"),
        ({"address": "172.16.1.9/16"}, "address", f"which holds {ADDRESS}"),
    ],
)
def test_what_the_host_has_not_is_named_with_what_it_has(
    other: dict[str, object], field: str, said: str
) -> None:
    with pytest.raises(ParameterError) as wrong:
        planned(None, **other)
    assert wrong.value.field == field
    assert said in f"{wrong.value.problem}; {wrong.value.then}"


def test_an_interface_that_is_no_port_is_answered_with_the_ports_that_lead_to_the_lan() -> None:
    links = [fakes.link("enp4s0f1"), fakes.link(NIC, master=BR0), fakes.link(BR0, kind="bridge")]
    with pytest.raises(ParameterError) as wrong:
        planned(bridged(links=links), interface="enp4s0f1")
    assert wrong.value.then == f"choose one of: {NIC}"


@pytest.mark.parametrize("other", [{"firewall": "drop"}, {"rules": "x.rules", "rules_text": ""}])
def test_nothing_can_be_asked_of_the_firewall(other: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="changes no firewall rule"):
        asked(**other)


def test_the_plan_is_three_commands_of_virsh_and_the_undo_leaves_the_bridge_alone() -> None:
    plan = planned()
    (change,) = plan.changes
    assert isinstance(change, AttachNetwork)
    verbs = [n.step.argv[3] for n in plan.steps() if isinstance(n.step, Command)]
    assert verbs == ["net-define", "net-start", "net-autostart"]
    assert len(plan.steps()) == 3
    root = fromstring(change.xml)  # noqa: S314 - made here
    assert [(e.tag, dict(e.attrib)) for e in root if e.tag in ("forward", "bridge", "ip")] == [
        ("forward", {"mode": "bridge"}),
        ("bridge", {"name": BR0}),
    ]
    script = undo_script(plan, change_id=fakes.CHANGE, title="t", machine_id=fakes.MACHINE)
    body = script[script.index("put_back_network() {") :]
    assert "drop_attached routed" in body
    assert "drop_network routed" not in body
    # Only a comment names the bridge.
    assert not [line for line in body.splitlines() if BR0 in line and not line.startswith("#")]
    assert plan.paths == (
        "/etc/libvirt/qemu/networks/autostart/routed.xml",
        "/etc/libvirt/qemu/networks/routed.xml",
    )


def test_the_plan_is_read_back_as_it_was_written() -> None:
    plan = planned()
    again = plans.loads(serial.dumps(plan))
    assert again == plan
    assert isinstance(again.of_host, AttachedPromise)
    assert again.of_host.announcements == ()


def with_network(**other: object) -> Snapshot:
    return bridged(networks=[{**HOSTBR, "name": "routed", **other}])


def test_a_host_with_such_a_network_has_nothing_to_do_and_is_as_promised() -> None:
    plan = planned(with_network())
    assert plan.empty
    assert all(check.kept for check in plan.promise.checks(with_network()))
    assert wired(plan.of_host, with_network()) == with_network()


@pytest.mark.parametrize(
    ("tables", "about"),
    [
        ({"networks": [{**HOSTBR, "name": "routed", "active": False}]}, "network routed active"),
        (
            {"networks": [{**HOSTBR, "name": "routed", "bridge": "br7"}]},
            "network routed leads onto",
        ),
        ({"bridge_ports": [{"bridge": BR0, "port": NIC, "state": "listening"}]}, f"port {NIC}"),
        ({"routes": [fakes.default("enp4s0f1")]}, "default route"),
        (
            {
                "links": [
                    fakes.link(NIC, mac=NIC_MAC, master=BR0),
                    fakes.link(BR0, kind="bridge", mac="02:00:00:00:00:01", stp=0),
                ]
            },
            "br0 MAC",
        ),
    ],
)
def test_what_an_audit_would_find_is_a_check_of_the_promise(
    tables: dict[str, list[Row]], about: str
) -> None:
    promise = planned(with_network()).promise
    rows: dict[str, list[Row]] = {"networks": [{**HOSTBR, "name": "routed"}], **tables}
    assert about in [c.about for c in promise.checks(bridged(STANZA, **rows)) if not c.kept]


def test_a_boot_is_judged_by_the_stanza_of_the_bridge_and_the_network_s_autostart() -> None:
    plan = planned()
    after = after_plan.after(plan, bridged())
    (network,) = after.rows(NetworkRow)
    assert (network.forward_mode, network.bridge, network.autostart) == ("bridge", BR0, True)
    effects = {step.effect.about: step.effect for step in rehearse(plan.of_host, after)}
    assert effects[f"ifup {BR0}"].kept
    assert effects["network routed"].kept
    assert all(effect.kept for effect in effects.values())


@pytest.mark.parametrize(
    "text", [STANZA.replace(f"auto {BR0}\n", ""), STANZA.replace(f"ports {NIC}", "ports enp4s0f1")]
)
def test_a_bridge_that_a_boot_would_not_make_with_its_port_is_refused(text: str) -> None:
    (found,) = refused(bridged(text))
    assert (found.about, f"ifup {BR0}" in found.seen) == ("the next boot", True)


def test_a_bridge_that_another_manager_makes_is_attached_to_and_its_boot_is_not_judged() -> None:
    host = bridged("auto lo\n")
    plan = planned(host)
    effects = {s.effect.about: s.effect for s in rehearse(plan.of_host, host)}
    assert (effects[f"ifup {BR0}"].kept, effects[f"ifup {BR0}"].required) == (False, False)
    assert cleared(host)


def about(found: Cleared, name: str) -> list[tuple[str, str]]:
    return [(f.level, f.seen) for f in found.findings if f.about == name]


def test_a_bridge_that_follows_the_mac_of_its_port_is_named_and_a_pinned_one_is_fine() -> None:
    ((level, shown),) = about(cleared(), "bridge MAC")
    assert (level, NIC in shown) == ("note", True)
    for line in (f"bridge_hw {NIC_MAC}", f"up ip link set dev $IFACE address {NIC_MAC}"):
        ((level, _),) = about(cleared(bridged(f"{STANZA}    {line}\n")), "bridge MAC")
        assert level == "ok"


def test_a_lent_address_of_the_bridge_is_named_and_no_hindrance() -> None:
    text = STANZA.replace("inet static", "inet dhcp").replace(f"    address {ADDRESS}\n", "")
    ((level, shown),) = about(cleared(bridged(text)), "DHCP")
    assert (level, f"iface {BR0} inet dhcp" in shown) == ("note", True)
    assert about(cleared(), "DHCP")[0][0] == "ok"


def test_your_connection_is_said_to_stay() -> None:
    ((level, shown),) = about(cleared(), "your connection")
    assert (level, "stays as it is" in shown) == ("ok", True)


def test_a_bridge_that_is_down_or_has_no_link_is_refused() -> None:
    links = [
        fakes.link(NIC, mac=NIC_MAC, master=BR0, carrier=False),
        fakes.link(BR0, kind="bridge", mac=NIC_MAC, stp=0),
    ]
    assert [found.about for found in refused(bridged(links=links))] == [NIC]


def test_a_network_that_is_there_is_never_replaced() -> None:
    (found,) = refused(bridged(networks=[HOSTBR]))
    assert found.then.startswith("set network: hostbr")
    (found,) = refused(bridged(networks=[{**HOSTBR, "name": "routed", "bridge": "br7"}]))
    assert found.about == "network routed"
    (found,) = refused(with_network(autostart=False))
    assert (found.seen, found.then) == (
        "it is not started at boot",
        "virsh net-start routed; virsh net-autostart routed",
    )


def test_a_firewall_that_drops_what_guests_send_asks_for_consent() -> None:
    rows = [fakes.rule("-P FORWARD DROP", 0)]
    sysctl: list[Row] = [{"name": "net.bridge.bridge-nf-call-iptables", "value": "1"}]
    host = bridged(firewall=rows, sysctl=[*fakes.standard()["sysctl"], *sysctl])
    assert [found.name for found in refused(host)] == ["guests-dropped"]
    assert cleared(host, consent=["guests-dropped"])


def test_a_survey_proposes_to_attach_and_its_values_are_right() -> None:
    host = bridged()
    assert candidates(host, {}) == (NIC,)
    values = {name: value for name, (value, _) in offer(host, NIC, {}, {}).items()}
    wanted = {"attach": True, "bridge": BR0, "address": ADDRESS, "gateway": GATEWAY}
    assert {name: values[name] for name in wanted} == wanted
    assert judge("server-01", values, host, None) == ()


def test_a_survey_proposes_the_network_that_leads_onto_the_bridge_already() -> None:
    host = bridged(networks=[HOSTBR])
    assert candidates(host, {}) == (NIC,)
    values = {name: value for name, (value, _) in offer(host, NIC, {}, {}).items()}
    assert values["network"] == "hostbr"
    assert judge("server-01", values, host, None) == ()
    assert planned(host, network="hostbr").empty


def test_a_survey_says_what_a_bridge_needs_before_a_file_is_written() -> None:
    host = bridged(networks=[{**HOSTBR, "autostart": False}])
    values = {name: value for name, (value, _) in offer(host, NIC, {}, {}).items()}
    (error,) = judge("server-01", values, host, None)
    assert "not started at boot" in error.problem
