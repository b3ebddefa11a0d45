"""What a boot would do: each way in which it would not bring the host back is seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import fakes
from tests.unit.fakes import BRIDGE, GATEWAY, NIC, Row
from tests.unit.plan.routed.corpus import EDITABLE, files

from runbook.plan.forecast import after_plan
from runbook.plan.forecast.boot import rehearse
from runbook.plan.forecast.boot_effect import BootStep
from runbook.plan.routed.desired_state import make_promise
from runbook.plan.routed.procedure import make_plan

PROMISE = make_promise(fakes.params(), fakes.seen())
HOOK, SYSCTL, *ONLINE = PROMISE.files
MANUAL = f"auto lo {NIC}\niface lo inet loopback\niface {NIC} inet manual\n"
INTERFACES = "/etc/network/interfaces"


def of_files(*others: Row, interfaces: str = MANUAL) -> list[Row]:
    return [
        fakes.file(INTERFACES, interfaces),
        fakes.file(HOOK.path, HOOK.text, "0755"),
        fakes.file(SYSCTL.path, SYSCTL.text),
        *(fakes.file(f.path, f.text) for f in ONLINE),
        *others,
    ]


def steps(**tables: list[Row]) -> tuple[BootStep, ...]:
    return rehearse(PROMISE, fakes.as_promised(PROMISE, **{"files": of_files(), **tables}))


def broken(**tables: list[Row]) -> dict[str, str]:
    """What a boot does wrong, by what it is about."""
    found = [step.effect for step in steps(**tables)]
    assert all(f.then for f in found if not f.kept)
    return {f.about: f.does for f in found if f.required and not f.kept}


def network(**other: object) -> list[Row]:
    return [{**fakes.network(PROMISE), **other}]


AFTERMATH = {NIC, "route to default"}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (f"auto {NIC}\niface {NIC} inet dhcp\n", f"ifup {NIC}"),
        (f"allow-hotplug {NIC}\niface {NIC} inet static\n address 10.0.0.1/8\n", f"ifup {NIC}"),
        (f"auto {BRIDGE}\niface {BRIDGE} inet manual\n bridge_ports none\n", f"ifup {BRIDGE}"),
        ("auto eth9\niface eth9 inet static\n address 172.16.1.1/24\n", "ifup eth9"),
        (f"auto br9\niface br9 inet manual\n bridge_ports eth9 {NIC}\n", "ifup br9"),
        (f"auto bond0\niface bond0 inet manual\n bond-slaves {NIC}\n", "ifup bond0"),
        (f"auto bond0\niface bond0 inet manual\n bond_slaves {NIC}\n", "ifup bond0"),
        (f"auto {NIC}\niface {NIC} inet manual\n bond_master bond0\n", f"ifup {NIC}"),
        ("auto br9\niface br9 inet manual\n bridge_ports regex enp4.*\n", "ifup br9"),
        ("auto br9\niface br9 inet manual\n bridge_ports regex (\n", "ifup br9"),
        ("auto br9\niface br9 inet manual\n bridge-ports all\n", "ifup br9"),
        (f"allow-ovs br9\niface br9 inet manual\n ovs_ports eth9 {NIC}\n", "ifup br9"),
        (f"auto eth9\niface eth9 inet dhcp\n up ip addr add 10.9.0.1/8 dev {NIC}\n", "ifup eth9"),
        (f"auto eth9\niface eth9 inet dhcp\n up brctl addif br9 {NIC}\n", "ifup eth9"),
        ("mapping enp4s*\n script /bin/which\n", "mapping enp4s*"),
    ],
)
def test_a_stanza_that_would_take_nic_bridge_or_address(line: str, what: str) -> None:
    assert set(broken(files=of_files(interfaces=f"auto lo\niface lo inet loopback\n{line}"))) == {
        what
    }


@pytest.mark.parametrize(
    "line",
    [
        "auto eth9\niface eth9 inet dhcp\n",
        "iface eth9 inet static\n address 172.16.1.1/24\n",
        "mapping wlan*\n script /bin/which\n",
        "auto br9\niface br9 inet manual\n bridge_ports regex enp4s0 noregex eth9\n",
        "auto br9\niface br9 inet manual\n bridge_ports none\n",
        f"auto eth9\niface eth9 inet dhcp\n up ethtool -K {NIC} gro off\n",
        f"iface eth9 inet dhcp\n up ip addr add 10.9.0.1/8 dev {NIC}\n",
    ],
)
def test_a_stanza_of_another_s_is_as_it_is(line: str) -> None:
    assert broken(files=of_files(interfaces=MANUAL + line)) == {}


@pytest.mark.parametrize("method", ["static\n    address 2001:db8::1/64", "auto"])
def test_an_ipv6_address_of_the_nic_s_own(method: str) -> None:
    six = f"{MANUAL}iface {NIC} inet6 {method}\n"
    told = f"inet6 {method}".partition("\n")[0]
    (found,) = (s.effect for s in steps(files=of_files(interfaces=six)) if not s.effect.kept)
    assert (found.does[: len(told)], found.promised) == (told, "inet6 manual")
    assert found.required


def test_an_ipv6_address_of_the_bridge_s_on_another_interface() -> None:
    promise = make_promise(fakes.params(), fakes.seen(**fakes.static6()))
    other = "auto eth9\niface eth9 inet6 static\n    address fd16:0::1:0001/64\n"
    files_ = [fakes.file(INTERFACES, MANUAL + other)]
    done = rehearse(promise, fakes.as_promised(promise, files=files_))
    assert "ifup eth9" in {s.effect.about for s in done if not s.effect.kept}


@pytest.mark.parametrize(
    ("tables", "back"),
    [
        (fakes.static6(), {f"{fakes.IP6}/64": "address of virbr1"}),
        (fakes.slaac(), {"router advertisements": "heard on virbr1"}),
    ],
    ids=["static", "slaac"],
)
def test_ipv6_comes_back_by_the_hook_and_the_nic_stays_deaf(
    tables: dict[str, list[Row]], back: dict[str, str]
) -> None:
    promise = make_promise(fakes.params(), fakes.seen(**tables))
    done = rehearse(promise, fakes.as_promised(promise))
    wanted = {s.effect.about: s.effect.promised for s in done}
    assert all(s.effect.kept for s in done)
    assert wanted.items() >= back.items()
    deaf = f"net.ipv6.conf.{NIC}.accept_ra"
    assert wanted[deaf] == "0"
    # Somebody else's file that is read later has the last word.
    over = fakes.file("/etc/sysctl.d/99-own.conf", f"{deaf} = 1\n")
    held = [fakes.file(f.path, f.text, "0755") for f in promise.files]
    again = rehearse(promise, fakes.as_promised(promise, files=[*held, over]))
    assert deaf in {s.effect.about for s in again if s.effect.required and not s.effect.kept}
    gone = rehearse(promise, fakes.as_promised(promise, files=held[1:]))
    assert set(back) <= {s.effect.about for s in gone if not s.effect.kept}


@pytest.mark.parametrize("state", ["disabled", "masked", ""])
def test_ifupdown_that_is_not_started(state: str) -> None:
    assert set(broken(units=fakes.units(networking=state))) == {"networking.service"}


@pytest.mark.parametrize("state", ["disabled", "masked", "static"])
def test_a_libvirt_that_starts_only_when_asked(state: str) -> None:
    socket = {"name": "libvirtd.socket", "state": "enabled"}
    found = broken(units=[*fakes.units(libvirtd=state), socket])
    assert set(found) == {"libvirtd.service"} | AFTERMATH
    assert found[NIC] == "does not come back"


def test_a_libvirt_of_many_daemons_will_do() -> None:
    assert broken(units=fakes.units(libvirtd="", virtnetworkd="enabled")) == {}


def test_a_networkd_without_a_file_for_the_nic_gives_it_no_address() -> None:
    assert broken(units=fakes.units(**{"systemd-networkd": "enabled"})) == {}


@pytest.mark.parametrize("name", ["NetworkManager", "dhcpcd", "connman"])
def test_a_service_that_would_give_the_nic_an_address(name: str) -> None:
    found = broken(units=fakes.units(**{name: "enabled"}))
    assert found == {"other network services": f"{name}.service"}


@pytest.mark.parametrize(
    "other",
    [
        {"autostart": False},
        {"addresses": "172.16.1.2/16"},
        {"bridge": "virbr7"},
        {"mac": "52:54:00:00:00:99"},
        {"stp": "off"},
    ],
    ids=str,
)
def test_a_network_that_would_come_up_as_another(other: dict[str, object]) -> None:
    assert set(broken(networks=network(**other))) == {"network routed"} | AFTERMATH
    assert set(broken(networks=[])) == {"network routed"} | AFTERMATH


def test_an_ipv6_address_of_the_network_is_no_fault_of_it() -> None:
    assert broken(networks=network(addresses="172.16.1.1/16 2001:db8::1/64")) == {}


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [fakes.file(HOOK.path, HOOK.text, "0644")],
        [fakes.file(HOOK.path, HOOK.text + "#\n", "0755")],
    ],
    ids=["absent", "not executable", "other text"],
)
def test_a_hook_that_libvirt_would_not_run_as_promised(rows: list[Row]) -> None:
    there = [row for row in of_files() if row["path"] != HOOK.path]
    assert set(broken(files=[*there, *rows])) == {"hook of runbook"} | AFTERMATH


@pytest.mark.parametrize("path", ["/etc/sysctl.d/99-hardening.conf", "/usr/lib/sysctl.d/90-x.conf"])
def test_a_later_file_that_turns_forwarding_off(path: str) -> None:
    other = fakes.file(path, "net.ipv4.ip_forward = 0\n")
    assert broken(files=of_files(other)) == {"net.ipv4.ip_forward": "0"}
    (step,) = (s for s in steps(files=of_files(other)) if not s.effect.kept)
    assert path in step.effect.then


def test_saved_rules_that_nothing_loads_are_told_and_not_required() -> None:
    saved = fakes.file("/etc/iptables/rules.v4", "*filter\nCOMMIT\n")
    (found,) = (s.effect for s in steps(files=of_files(saved)) if not s.effect.kept)
    assert (found.about, found.required) == ("netfilter-persistent.service", False)
    both = fakes.units(**{"netfilter-persistent": "enabled"})
    assert all(s.effect.kept for s in steps(files=of_files(saved), units=both))


def test_hooks_of_others_are_shown_in_the_order_in_which_they_run() -> None:
    theirs = ("/etc/libvirt/hooks/network", "/etc/libvirt/hooks/network.d/99-x")
    rows = [fakes.file(path, "#!/bin/sh\n", "0755") for path in theirs]
    reads = [s.effect.reads for s in steps(files=of_files(*rows)) if "hook" in s.effect.about]
    assert reads == [theirs[0], HOOK.path, theirs[1]]
    assert broken(files=of_files(*rows)) == {}


@given(st.sampled_from(EDITABLE), st.booleans())
def test_every_host_that_is_planned_for_boots_right_once_the_plan_is_made(
    name: str,
    dhcp: bool,  # noqa: FBT001
) -> None:
    leases = [fakes.lease()] if dhcp else []
    before = fakes.seen(files=files(name), leases=leases)
    plan = make_plan(fakes.params(), before)
    after = after_plan.after(plan, before)
    assert [
        s for s in rehearse(plan.of_host, after) if s.effect.required and not s.effect.kept
    ] == []
    now = rehearse(plan.of_host, before)
    assert any(not s.effect.kept for s in now)


def test_a_boot_in_its_order() -> None:
    whats = [s.effect.about for s in steps()]
    assert [s.order for s in steps()] == list(range(1, len(whats) + 1))
    assert whats == [
        *(name for name, _ in PROMISE.sysctls),
        *("networking.service", "ifup lo", f"ifup {NIC}", "other network services"),
        *("libvirtd.service", "network routed", "hook of runbook", NIC, "route to default"),
        "network-online.target",
    ]
    assert broken() == {}
    found = [step.effect for step in steps()]
    assert f"via {GATEWAY}" in found[-2].does
    assert "waits for virbr1" in found[-1].does
    assert all(one.required for one in found)
