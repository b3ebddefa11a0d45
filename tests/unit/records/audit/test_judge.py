"""A host against its record: each kind of drift has a name, and how bad it is."""

from __future__ import annotations

from ipaddress import IPv4Interface

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import fakes
from tests.unit.fakes import BRIDGE, NIC, Row

from runbook.plan.promise.guests import ExpectedGuest, GuestPromise
from runbook.plan.routed.desired_state import make_promise
from runbook.records.audit.drift import Drift, Severity, exit_status
from runbook.records.audit.judge import MOST, differences, not_met
from runbook.records.audit.needs import BRIDGED, Promises
from runbook.state.host.operator_connection import Connection
from runbook.state.snapshot import TABLES, Snapshot

PROMISE = make_promise(fakes.params(), fakes.seen())
HOOK, SYSCTL, *ONLINE = PROMISE.files
INTERFACES, RESOLV = "/etc/network/interfaces", "/etc/resolv.conf"
MANUAL = f"auto lo {NIC}\niface lo inet loopback\niface {NIC} inet manual\n"
OWN = Connection("10.99.0.2", 50000, fakes.IP, 22)
ADDRESS = IPv4Interface("172.16.4.1/16")
WEB = ExpectedGuest("web", "52:54:00:00:00:01", ADDRESS, "", running=True, defined=True)
PROMISES = Promises(PROMISE, (), OWN)
ACCEPTS = [fakes.rule("-P INPUT ACCEPT", 0), fakes.rule("-P FORWARD ACCEPT", 0)]
OFF, LESS, BOOT, HARMLESS = (
    Severity.OFF_THE_LAN,
    Severity.LESS,
    Severity.NEXT_BOOT,
    Severity.HARMLESS,
)


def files(
    interfaces: str = MANUAL, hook: str = HOOK.text, resolv: str = "nameserver 1.1.1.1\n"
) -> list[Row]:
    held = [(INTERFACES, interfaces, "0644"), (HOOK.path, hook, "0755"), (RESOLV, resolv, "0644")]
    held += [(f.path, f.text, "0644") for f in (SYSCTL, *ONLINE)]
    return [fakes.file(*each) for each in held if each[1]]


USUAL: dict[str, list[Row]] = {
    "files": files(),
    "firewall": [*ACCEPTS, fakes.rule("-A FORWARD -i virbr9 -j DROP", 1)],
    "sysctl": [{"name": n, "value": v} for n, v in (*PROMISE.sysctls, (BRIDGED, "1"))],
}
RECORDED = fakes.as_promised(PROMISE, **USUAL)


def now(**tables: list[Row]) -> Snapshot:
    return fakes.as_promised(PROMISE, **{**USUAL, **tables})


def drifts(**tables: list[Row]) -> tuple[Drift, ...]:
    return differences(PROMISES, RECORDED, now(**tables))


def rows(table: str, **changed: object) -> list[Row]:
    """The usual rows, those with a key of `changed` without it or with other cells."""
    (of,) = (known for known in TABLES if known.name == table)
    told = [row._asdict() for row in RECORDED.rows(of.row)]
    return [{**row, **changed} for row in told]


def without(table: str, **cells: object) -> list[Row]:
    return [row for row in rows(table) if any(row[name] != value for name, value in cells.items())]


def altered(table: str, found: dict[str, object], **cells: object) -> list[Row]:
    return [
        {**row, **cells} if all(row[n] == v for n, v in found.items()) else row
        for row in rows(table)
    ]


def test_the_same_host_has_not_drifted() -> None:
    assert drifts() == ()
    assert exit_status(()) == 0


@pytest.mark.parametrize(
    ("tables", "severity", "key", "says"),
    [
        ({"routes": without("routes", dst="default")}, OFF, "default", "default route"),
        (
            {"files": files(interfaces=MANUAL.replace("manual", "static\n address 10.0.0.1/8"))},
            BOOT,
            INTERFACES,
            f"ifup {NIC}: inet static",
        ),
        ({"files": files(hook="")}, BOOT, HOOK.path, "hook of runbook: absent"),
        ({"files": files(hook="#!/bin/sh\n")}, BOOT, HOOK.path, "hook of runbook: other text"),
        ({"links": altered("links", {"ifname": BRIDGE}, stp=0)}, LESS, BRIDGE, "STP: off"),
        ({"networks": rows("networks", autostart=False)}, BOOT, "routed", "not started"),
        ({"networks": rows("networks", stp="off")}, BOOT, "routed", "stp off"),
        (
            {"sysctl": altered("sysctl", {"name": "net.ipv4.ip_forward"}, value="0")},
            LESS,
            "net.ipv4.ip_forward",
            "net.ipv4.ip_forward: 0; promised: 1",
        ),
        ({"firewall": ACCEPTS}, LESS, "virbr9", "is gone"),
        (
            {"firewall": [ACCEPTS[0], fakes.rule("-P FORWARD DROP", 0), USUAL["firewall"][2]]},
            OFF,
            "FORWARD",
            "guests on the bridge",
        ),
        (
            {"firewall": [*USUAL["firewall"], fakes.rule("-A INPUT -p tcp --dport 22 -j DROP", 1)]},
            OFF,
            "--dport 22",
            "a new SSH connection from 10.99.0.2",
        ),
        ({"units": fakes.units(libvirtd="disabled")}, BOOT, "libvirtd.service", "disabled"),
        ({"units": fakes.units(networking="disabled")}, BOOT, "networking.service", "disabled"),
        ({"files": files(resolv="nameserver 9.9.9.9\n")}, LESS, RESOLV, "other name servers"),
        (
            {"addresses": [*rows("addresses"), fakes.address(BRIDGE, "10.9.9.9/24")]},
            HARMLESS,
            "10.9.9.9",
            "was not there",
        ),
        (
            {"addresses": [*rows("addresses"), fakes.address(NIC, "172.16.1.1/16")]},
            OFF,
            NIC,
            "172.16.1.1 is on",
        ),
        ({"addresses": []}, OFF, "172.16.1.1", "172.16.1.1 is on: nothing"),
        ({"links": altered("links", {"ifname": NIC}, master="")}, OFF, NIC, f"{NIC} is in"),
        (
            {"bridge_ports": rows("bridge_ports", state="blocking")},
            OFF,
            NIC,
            "blocking; promised: forwarding",
        ),
        (
            {"files": [*files(), fakes.file("/etc/network/interfaces.d/x", "# nothing\n")]},
            LESS,
            "interfaces.d/x",
            "was not there",
        ),
    ],
)
def test_a_drift_is_named_with_how_bad_it_is(
    tables: dict[str, list[Row]], severity: Severity, key: str, says: str
) -> None:
    found, *rest = drifts(**tables)
    # A policy that changed is a row gone and a row added.
    assert len(rest) == ("-P" in found.key)
    assert found.severity is severity, found
    assert key in found.key
    assert says in found.meaning
    assert found.then
    assert exit_status((found,)) == severity + 2


def ipv6_on(ifname: str, address: str, hears: str) -> dict[str, list[Row]]:
    """A link-local address, its route, and whether the interface hears routers."""
    own = {"family": "inet6", "scope": "link"}
    name = f"net.ipv6.conf.{ifname}.accept_ra"
    return {
        "addresses": [*rows("addresses"), fakes.address(ifname, f"{address}/64", **own)],
        "routes": [*rows("routes"), fakes.route(f"{address}/128", ifname, family="inet6")],
        "sysctl": [*USUAL["sysctl"], {"name": name, "value": hears}],
    }


@pytest.mark.parametrize(("ifname", "found"), [(NIC, 0), (BRIDGE, 5)])
def test_what_a_dhcp_client_left_on_the_nic_and_a_boot_makes_anew_is_no_drift(
    ifname: str, found: int
) -> None:
    recorded = now(**ipv6_on(ifname, "fe80::fe41:42fa:9298:ab25", "0"))
    booted = now(**ipv6_on(ifname, "fe80::16:1ff:fe00:1", "1"))
    assert len(differences(PROMISES, recorded, booted)) == found


def test_of_a_file_only_the_lines_that_differ_are_told() -> None:
    (found,) = drifts(files=files(resolv="nameserver 9.9.9.9\n"))
    assert (found.recorded, found.now) == ("nameserver 1.1.1.1", "nameserver 9.9.9.9")


def test_each_of_several_drifts_has_its_own_consequence_and_the_worst_is_first() -> None:
    found = drifts(
        links=altered("links", {"ifname": BRIDGE}, stp=0),
        networks=rows("networks", autostart=False),
        routes=[*rows("routes"), fakes.route("10.7.0.0/16", BRIDGE)],
    )
    assert [(d.severity, d.table) for d in found] == [
        (BOOT, "networks"),
        (LESS, "links"),
        (HARMLESS, "routes"),
    ]


def test_what_only_two_differences_break_together_has_a_row_of_its_own() -> None:
    # Neither the switch nor the policy alone drops what guests send.
    recorded = now(sysctl=altered("sysctl", {"name": BRIDGED}, value="0"))
    policy = [ACCEPTS[0], fakes.rule("-P FORWARD DROP", 0), USUAL["firewall"][2]]
    found = differences(PROMISES, recorded, now(firewall=policy))
    assert found[0].severity is OFF
    assert "guests on the bridge" in found[0].meaning
    assert [d.table for d in found] == ["promise", "firewall", "firewall", "sysctl"]


TAPS = {"guest": "web", "mac": WEB.mac, "type": "network", "source": "routed", "model": "virtio"}
ON = {
    "guests": [{"name": "web", "state": "running"}],
    "taps": [{**TAPS, "target": "vnet0", "defined_source": "routed", "live_xml": "<x/>"}],
    "links": [*rows("links"), fakes.link("vnet0", master=BRIDGE)],
    "sysctl": [*USUAL["sysctl"], {"name": "net.ipv4.conf.vnet0.forwarding", "value": "1"}],
}
STOPPED: dict[str, list[Row]] = {
    "guests": [{"name": "web", "state": "shut off"}],
    "taps": [{**TAPS, "target": "", "defined_source": "routed"}],
}


@pytest.mark.parametrize("both", [(ON, STOPPED), (STOPPED, ON)])
def test_guests_that_start_and_stop_are_no_drift(
    both: tuple[dict[str, list[Row]], dict[str, list[Row]]],
) -> None:
    recorded, then = (now(**tables) for tables in both)
    assert differences(PROMISES, recorded, then) == ()


def test_a_guest_on_record_that_is_off_is_off_the_lan() -> None:
    promises = Promises(PROMISE, (GuestPromise("routed", BRIDGE, NIC, (WEB,)),))
    found = differences(promises, now(**ON), now(**STOPPED))
    assert {d.severity for d in found} == {OFF}
    assert all("Guest web" in d.meaning for d in found)


def test_a_guest_on_another_network_is_named() -> None:
    moved = {**ON, "taps": [{**ON["taps"][0], "defined_source": "default"}]}
    (found,) = differences(PROMISES, now(**ON), now(**moved))
    assert (found.table, found.recorded, found.now) == (
        "taps",
        "defined_source=routed",
        "defined_source=default",
    )


def test_without_a_recorded_state_the_promise_is_checked_alone() -> None:
    assert not_met(PROMISES, RECORDED) == ()
    found = not_met(PROMISES, now(routes=without("routes", dst="default")))
    assert [(d.severity, d.key) for d in found] == [(OFF, "default route")]


def test_a_table_that_was_replaced_is_judged_as_a_whole() -> None:
    many = [fakes.route(f"10.{i // 256}.{i % 256}.0/24", BRIDGE) for i in range(MOST + 1)]
    found = drifts(routes=[*without("routes", dst="default"), *many])
    assert len(found) == MOST + 2
    assert {d.severity for d in found} == {OFF}


@given(st.sets(st.sampled_from([t.name for t in TABLES if t.name in USUAL or t.name == "links"])))
def test_whatever_is_emptied_is_told_and_never_harmless(emptied: set[str]) -> None:
    nothing: dict[str, list[Row]] = {name: [] for name in emptied}
    found = drifts(**nothing)
    assert {d.table for d in found if d.table != "promise"} == emptied
    assert HARMLESS not in {d.severity for d in found}


LINK = "/etc/systemd/network/10-runbook-routed.link"
NAMED = Promises(PROMISE, (), OWN, keeps_name=True)


def link_file(name: str) -> Row:
    text = f"[Match]\nMACAddress={fakes.NIC_MAC}\n[Link]\nName={name}\n"
    return fakes.file(LINK, text)


@pytest.mark.parametrize(
    ("then", "severity", "says"),
    [
        ([], LESS, f"Nothing keeps the name {NIC}"),
        ([link_file("lan0")], BOOT, f"{NIC} is called lan0"),
    ],
)
def test_a_nic_that_may_or_will_get_another_name_is_told(
    then: list[Row], severity: Severity, says: str
) -> None:
    recorded = now(files=[*files(), link_file(NIC)])
    (found,) = differences(NAMED, recorded, now(files=[*files(), *then]))
    assert (found.severity, found.key) == (severity, LINK)
    assert says in found.meaning


def test_a_host_whose_change_kept_no_name_is_not_told_that_nothing_keeps_it() -> None:
    assert not_met(PROMISES, RECORDED) == ()
    assert [drift.severity for drift in not_met(NAMED, RECORDED)] == [LESS]
