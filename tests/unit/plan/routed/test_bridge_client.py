"""A client that goes on on the bridge: how it is started, and what is refused instead."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit import fakes
from tests.unit.fakes import BRIDGE, IP, NIC, Row, file, lease
from tests.unit.plan.routed.test_dhcp_clients import FILE, IFUPDOWN

from runbook.apply.checkpoint.script import undo_script
from runbook.common import serial
from runbook.common.errors import ParameterError, Refused
from runbook.plan import plan as plans
from runbook.plan.changes.bridge_client import RunClient, unit_name
from runbook.plan.changes.files import PutFile
from runbook.plan.changes.steps import Command
from runbook.plan.forecast import after_plan
from runbook.plan.forecast.boot import rehearse
from runbook.plan.plan import Plan
from runbook.plan.routed.desired_state import make_promise
from runbook.plan.routed.procedure import make_plan
from runbook.state.files import FileRow
from runbook.state.snapshot import Snapshot

UNIT = f"/etc/systemd/system/{unit_name('routed')}"
DHCP = f"auto {NIC}\niface {NIC} inet dhcp\n"


def host(*leases: Row, **tables: list[Row]) -> Snapshot:
    files = [file("/etc/network/interfaces", DHCP), *tables.pop("files", [])]
    lent = [fakes.address(NIC, fakes.ADDRESS, flags="", valid_lft_s=3600, preferred_lft_s=3600)]
    return fakes.seen(**{"addresses": lent, **tables}, leases=list(leases), files=files)


def kept(snapshot: Snapshot, **asked: object) -> Plan:
    return make_plan(fakes.params(**{"addressing": "keep", "bridge_mac": "nic", **asked}), snapshot)


def ifupdown(*more: str) -> Row:
    return lease(argv=shlex.join((*IFUPDOWN, *more)))


def text(plan: Plan, path: str) -> str:
    (found,) = (c for c in plan.changes if isinstance(c, PutFile) and c.path == path)
    return found.text


def commands(plan: Plan) -> list[Sequence[str]]:
    steps = (n.step for n in plan.steps() if isinstance(n.change, RunClient))
    return [step.argv for step in steps if isinstance(step, Command)]


def test_dhclient_runs_on_the_bridge_with_the_options_that_ifupdown_gave_it() -> None:
    plan = kept(host(ifupdown("-e", "IF_METRIC=100")))
    unit = text(plan, UNIT)
    (line,) = (ln for ln in unit.splitlines() if ln.startswith("ExecStart="))
    argv = line.removeprefix("ExecStart=").split()
    assert (argv[0], argv[-1]) == ("/sbin/dhclient", BRIDGE)
    assert {"-4", "-d", "-i", "-I"} <= set(argv)
    assert argv[argv.index("-lf") + 1] == f"/var/lib/dhcp/dhclient.{BRIDGE}.leases"
    assert argv[argv.index("-pf") + 1] == f"/run/dhclient.{BRIDGE}.pid"
    assert argv[argv.index("-e") + 1] == "IF_METRIC=100"
    assert NIC not in line
    assert "KillSignal=SIGKILL" in unit


def test_the_lease_comes_along_and_names_the_bridge_before_the_client_starts() -> None:
    copied, edited, started, answered = commands(kept(host(ifupdown())))
    there = f"/var/lib/dhcp/dhclient.{BRIDGE}.leases"
    assert copied[-2:] == (f"{FILE}.runbook-aside", there)
    assert edited[-2:] == (f's/interface "{NIC}";/interface "{BRIDGE}";/', there)
    assert started == ("systemctl", "start", unit_name("routed"))
    assert f"address show dev {BRIDGE} dynamic to {IP} " in answered[-1]


def test_a_client_without_a_lease_file_starts_without_one() -> None:
    started, _ = commands(kept(host(lease(lease_file=""))))
    assert started[0] == "systemctl"


def test_of_a_lease_without_an_end_no_renewal_shows() -> None:
    for_ever = [fakes.address(NIC, fakes.ADDRESS)]
    assert commands(kept(host(lease(lease_file=""), addresses=for_ever)))[-1][0] == "systemctl"


def test_the_hook_starts_the_client_after_all_else_and_only_if_asked_for() -> None:
    (hook,) = (f.text for f in kept(host(lease())).of_host.files if "/hooks/" in f.path)
    assert hook.splitlines()[-2:] == [
        f"try systemctl --no-block restart {unit_name('routed')}",
        "exit 0",
    ]
    copied = make_plan(fakes.params(), host(lease()))
    assert not any("systemctl" in f.text for f in copied.of_host.files if "/hooks/" in f.path)
    assert copied.of_host.client is None


def test_an_undo_ends_the_client_before_the_address_leaves_the_bridge() -> None:
    plan = kept(host(ifupdown()))
    script = undo_script(plan, change_id="c", title="t", machine_id="0" * 32)
    network = script.split("put_back_network() {")[1].split("\n}\n")[0]
    assert network.index(f"systemctl stop {unit_name('routed')}") < network.index("ip -force")
    assert "timeout 5 systemctl stop" in network


def test_dhcpcd_keeps_the_metric_of_the_route_that_it_made() -> None:
    rows = [r for r in fakes.standard()["routes"] if r["dst"] != "default"]
    routes = [*rows, fakes.default(NIC, metric=1002)]
    title = lease(client="dhcpcd", argv=f"'dhcpcd: {NIC} [ip4]'", lease_file="")
    plan = kept(host(title, routes=routes))
    assert f"ExecStart=/sbin/dhcpcd -4 -B -m 1002 {BRIDGE}\n" in text(plan, UNIT)
    assert text(plan, "/etc/dhcpcd.enter-hook")


def test_a_host_that_is_as_promised_has_nothing_left_to_do() -> None:
    before = host(ifupdown("-e", "IF_METRIC=100"))
    promise = kept(before).of_host
    assert promise.client is not None
    own = lease(ifname=BRIDGE, lease_file=f"/var/lib/dhcp/dhclient.{BRIDGE}.leases")
    files = [
        file(f.path, f.text, "0755" if "/hooks/" in f.path else "0644")
        for f in (*promise.files, *promise.client.files)
    ]
    after = fakes.as_promised(promise, leases=[own], files=files)
    asked = fakes.params(addressing="keep", bridge_mac="nic")
    assert make_promise(asked, after) == promise
    assert make_plan(asked, after).empty
    without = fakes.as_promised(promise, leases=[], files=files)
    (broken,) = (check for check in promise.checks(without) if not check.kept)
    assert (broken.about, broken.promised) == (f"DHCP on {BRIDGE}", "dhclient")
    with pytest.raises(Refused, match="DHCP on virbr1: promised dhclient, seen nothing"):
        make_plan(asked, without)


def test_a_unit_that_was_edited_is_not_as_promised() -> None:
    promise = kept(host(ifupdown())).of_host
    assert promise.client is not None
    unit, script = promise.client.files
    evil = unit.text.replace("/sbin/dhclient -4", "/sbin/dhclient -4 -sf /home/x/script")
    files = [file(UNIT, evil), file(script.path, script.text)]
    after = fakes.as_promised(promise, files=files)
    again = make_promise(fakes.params(addressing="keep", bridge_mac="nic"), after)
    assert again.client is not None
    assert "-sf" not in again.client.files[0].text
    assert (UNIT, "other content") in {(c.about, c.seen) for c in again.checks(after)}


def test_the_boot_s_rehearsal_looks_at_the_unit_and_the_script() -> None:
    snapshot = host(ifupdown())
    plan = kept(snapshot)
    later = after_plan.after(plan, snapshot)
    effects = {s.effect.about: s.effect for s in rehearse(plan.of_host, later)}
    assert effects["dhclient"].kept
    gone = later.having(FileRow, ())
    effects = {s.effect.about: s.effect for s in rehearse(plan.of_host, gone)}
    assert not effects["dhclient"].kept
    assert UNIT in effects["dhclient"].does


def test_a_plan_with_a_client_is_read_back_as_it_was_written() -> None:
    plan = kept(host(ifupdown()))
    assert plans.loads(serial.dumps(plan)) == plan


@pytest.mark.parametrize("mac", ["own", "52:54:00:00:00:01"])
def test_a_mac_by_which_the_server_lends_another_address_is_refused(mac: str) -> None:
    with pytest.raises(ParameterError, match="would get another address") as refused:
        kept(host(ifupdown()), bridge_mac=mac)
    assert "bridge_mac: nic" in refused.value.then


@pytest.mark.parametrize(
    ("line", "carried"),
    [
        ('send dhcp-client-identifier "server-01";', True),
        ("  send dhcp-client-identifier 01:02:03;", True),
        ("send dhcp-client-identifier = hardware;", False),
        ('# send dhcp-client-identifier "server-01";', False),
    ],
)
def test_an_identifier_of_the_host_s_own_lets_the_bridge_have_a_mac_of_its_own(
    line: str,
    carried: bool,  # noqa: FBT001
) -> None:
    snapshot = host(ifupdown(), files=[file("/etc/dhcp/dhclient.conf", f"{line}\n")])
    if carried:
        assert kept(snapshot, bridge_mac="own").of_host.client
        return
    with pytest.raises(ParameterError, match="would get another address"):
        kept(snapshot, bridge_mac="own")


def test_without_a_client_there_is_no_lease_to_keep() -> None:
    with pytest.raises(ParameterError, match=f"no DHCP client runs on {NIC}") as refused:
        kept(host(lease(pid=0, argv="")))
    assert refused.value.field == "addressing"


def test_two_clients_are_refused_by_name() -> None:
    six = lease(pid=813, argv=f"dhclient -6 {NIC}", lease_file=FILE.replace("client.", "client6."))
    with pytest.raises(Refused, match=r"2 DHCP clients run on .*process 813"):
        kept(host(lease(), six))


def test_a_file_that_somebody_has_there_is_not_written_over() -> None:
    title = lease(client="dhcpcd", argv=f"'dhcpcd: {NIC} [ip4]'", lease_file="")
    there = file("/etc/dhcpcd.enter-hook", "echo hello\n")
    with pytest.raises(Refused, match=r"/etc/dhcpcd\.enter-hook is there already"):
        kept(host(title, files=[there]))


LASTS = f"-4 address change {IP}/16 dev {BRIDGE} valid_lft 7200 preferred_lft 7200\n"


@pytest.mark.parametrize(
    ("interface", "lent", "done"),
    [
        (BRIDGE, "172.16.9.9", f"-4 address del {IP}/16 dev {BRIDGE}\n"),
        (BRIDGE, IP, LASTS),
        (BRIDGE, "", ""),
        (NIC, "172.16.9.9", ""),
        (NIC, IP, ""),
    ],
)
def test_libvirt_s_address_lasts_as_the_lease_and_goes_if_the_server_lends_another(
    tmp_path: Path, interface: str, lent: str, done: str
) -> None:
    program = tmp_path / "ip"
    program.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/said\n')
    program.chmod(0o755)
    script = tmp_path / "hook"
    plan = kept(host(ifupdown()))
    script.write_text(text(plan, "/etc/dhcp/dhclient-enter-hooks.d/runbook-routed"))
    lease_of = {"interface": interface, "new_ip_address": lent, "new_dhcp_lease_time": "7200"}
    told = {**lease_of, "PATH": f"{tmp_path}:{os.defpath}"}
    subprocess.run(["/bin/sh", "-eu", "-c", f". {script}"], env=told, check=True)
    said = (tmp_path / "said").read_text() if (tmp_path / "said").exists() else ""
    assert said == done


def test_a_name_with_a_dot_is_one_that_run_parts_takes() -> None:
    plan = kept(host(lease()), network="lan.1")
    assert text(plan, "/etc/dhcp/dhclient-enter-hooks.d/runbook-lan_1")
    assert replace(plan.of_host, client=None).client is None
