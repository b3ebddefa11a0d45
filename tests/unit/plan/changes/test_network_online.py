"""The unit that has network-online.target wait, as a shell runs its commands."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit import fakes

from runbook.plan.changes import network_online
from runbook.plan.changes.file_steps import Restore
from runbook.plan.changes.files import PutFile
from runbook.plan.changes.network_online import OnlineShape
from runbook.plan.forecast.boot import rehearse
from runbook.plan.promise.host import Promise
from runbook.plan.routed.desired_state import make_promise
from runbook.plan.routed.procedure import make_plan

SHAPE = OnlineShape("routed", "virbr1", "enp4s0f0", "172.16.1.1", default_route=True)
UNIT = "/etc/systemd/system/wait-online-runbook-routed.service"
DROP_IN = "/etc/systemd/system/network-online.target.d/50-runbook-routed.conf"


def command(name: str, shape: OnlineShape = SHAPE) -> list[str]:
    """A command of the unit; as for systemd, a backslash and a newline are a space."""
    text = network_online.unit(shape).replace("\\\n", " ")
    (line,) = re.findall(rf"^{name}=/bin/sh -c '(.*)'$", text, re.MULTILINE)
    return ["/bin/sh", "-c", line]


def run(argv: list[str], programs: dict[str, str], folder: Path) -> int | None:
    """Run with these programs in the place of the host's; None if it did not end in 2 s."""
    for name, text in programs.items():
        path = folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    env = {"PATH": f"{folder}:{os.environ['PATH']}"}
    try:
        return subprocess.run(argv, env=env, timeout=2, check=False).returncode
    except subprocess.TimeoutExpired:
        return None


BRIDGED = "case $* in *dev*virbr1*) echo there ;; esac"
FORWARDING = 'case $* in *brif*) exit 0 ;; esac; exec /bin/grep "$@"'


@pytest.mark.parametrize(
    ("ip", "grep", "ends"),
    [
        (BRIDGED, FORWARDING, True),
        ("case $* in *route*) ;; *) echo there ;; esac", FORWARDING, False),
        ("case $* in *address*) ;; *) echo there ;; esac", FORWARDING, False),
        (BRIDGED, 'case $* in *brif*) exit 1 ;; esac; exec /bin/grep "$@"', False),
    ],
    ids=["all", "no route", "no address", "port does not forward"],
)
def test_it_ends_once_address_port_and_route_are_there(
    ip: str, grep: str, tmp_path: Path, *, ends: bool
) -> None:
    assert (run(command("ExecStart"), {"ip": ip, "grep": grep}, tmp_path) == 0) is ends


def test_an_ipv6_address_is_waited_for_until_it_is_not_tentative() -> None:
    six = replace(SHAPE, default_route=False, addresses6=("fd16::101",))
    assert "to fd16::101 -tentative" in command("ExecStart", six)[-1]
    assert "route show" not in command("ExecStart", six)[-1]


@pytest.mark.parametrize(
    ("jobs", "status"),
    [("", 0), ("7 ssh.service start waiting", 0), ("9 remote-fs.target start waiting", None)],
)
def test_it_waits_only_if_libvirtd_can_start(jobs: str, status: int | None, tmp_path: Path) -> None:
    systemctl = f"case $1 in is-enabled) exit 1 ;; esac; echo '{jobs}'"
    assert run(command("ExecCondition"), {"systemctl": systemctl}, tmp_path) == status


def test_it_gives_up_after_a_bound_if_libvirtd_cannot_start(tmp_path: Path) -> None:
    systemctl = "case $1 in is-enabled) exit 1 ;; esac; echo '9 remote-fs.target start waiting'"
    assert run(command("ExecCondition"), {"systemctl": systemctl, "sleep": ":"}, tmp_path) == 1
    text = network_online.unit(SHAPE)
    assert "\nTimeoutStartSec=30\n" in text
    assert "ConditionPathExists=/etc/libvirt/hooks/network.d/50-runbook-routed\n" in text


def test_it_is_written_shown_and_undone_with_the_rest() -> None:
    plan = make_plan(fakes.params(), fakes.seen())
    puts = {c.path: c for c in plan.changes if isinstance(c, PutFile)}
    assert puts[UNIT].title == "have network-online.target wait for virbr1"
    assert "Wants=wait-online-runbook-routed.service\n" in puts[DROP_IN].text
    restored = {s.path for _, s in plan.undo_steps() if isinstance(s, Restore)}
    assert {UNIT, DROP_IN} <= restored


def promised() -> Promise:
    return make_promise(fakes.params(), fakes.seen())


def test_a_boot_whose_target_does_not_wait_is_told() -> None:
    promise = promised()
    files = [fakes.file(f.path, f.text, "0755") for f in promise.files if f.path != DROP_IN]
    effects = [s.effect for s in rehearse(promise, fakes.as_promised(promise, files=files))]
    (found,) = (e for e in effects if e.about == "network-online.target")
    assert (found.does, found.kept) == ("does not wait as promised", False)
