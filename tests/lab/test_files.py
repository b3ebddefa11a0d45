"""Files that are no plain text, and files that cannot be written."""

from __future__ import annotations

import pytest
from tests import stages

from runbook.apply.confirm import Confirmed
from runbook.common.errors import StepFailed
from runbook.lab import machine
from runbook.lab.names import address
from runbook.params import Params, resolve
from runbook.plan.plan import PHASES
from runbook.preflight import RefusedByPreflight
from runbook.run import pipeline
from runbook.run.session import Ready, Session
from runbook.state.diff import compare

NIC, BRIDGE, GATEWAY = "enp4s0f0", "virbr1", "172.16.0.1"
INTERFACES = "/etc/network/interfaces"
LATIN = "# f\u00fcr J\u00f6rg\n".encode("latin-1")


def params(host: str) -> Params:
    given = {
        "interface": NIC,
        "address": f"{address(host)}/16",
        "gateway": GATEWAY,
        "consent": ["bpdu"],
    }
    return resolve(given, {"host": host})


def console(host: str, script: str, stdin: bytes = b"") -> bytes:
    done = machine.run(host, ["sh", "-c", script], stdin)
    return done.stdout + done.stderr


def ready(session: Session) -> Ready:
    before = pipeline.read(session)
    return pipeline.preflight(session, stages.draft(session, before), before)


def refusal(host: str) -> str:
    """What preflight refuses, with nothing of the host touched by it."""
    session = pipeline.open_session(params(host))
    before = pipeline.read(session)
    with pytest.raises(RefusedByPreflight) as refused:
        ready(session)
    assert compare(before, pipeline.read(session)).empty
    assert b"No such file" in console(host, "ls /var/lib/runbook")
    return str(refused.value)


def test_a_comment_in_latin_1_is_kept_by_the_change_by_its_undo_and_by_a_reboot(
    fresh_host: str,
) -> None:
    console(fresh_host, f"cat - {INTERFACES} >/tmp/new; cat /tmp/new >{INTERFACES}", LATIN)
    original = console(fresh_host, f"cat {INTERFACES}")
    assert original.startswith(LATIN)
    session = pipeline.open_session(params(fresh_host))
    underway = pipeline.arm(session, ready(session))
    for phase in PHASES:
        pipeline.apply(session, underway, phase)
    changed = console(fresh_host, f"cat {INTERFACES}")
    assert changed.startswith(LATIN)
    assert b"inet manual" in changed
    assert pipeline.roll_back(session, underway, why="because").as_before
    assert console(fresh_host, f"cat {INTERFACES}") == original

    assert isinstance(pipeline.change(pipeline.open_session(params(fresh_host))), Confirmed)
    machine.shut_down(fresh_host)
    machine.power_on(fresh_host)
    assert console(fresh_host, f"cat {INTERFACES}") == changed
    assert f"{address(fresh_host)}/16".encode() in console(
        fresh_host, f"ip -4 -o address show dev {BRIDGE}"
    )
    assert console(fresh_host, f"ip -4 -o address show dev {NIC}") == b""


def test_a_stanza_in_a_file_whose_name_is_not_utf8_is_edited_and_put_back(
    fresh_host: str,
) -> None:
    folder = "/etc/network/interfaces.d"
    odd = f"{folder}/$(printf 'b\\374cher')"
    console(fresh_host, f"mv {INTERFACES} {odd}; echo 'source {folder}/*' >{INTERFACES}")
    original = console(fresh_host, f"cat {odd}")
    session = pipeline.open_session(params(fresh_host))
    underway = pipeline.arm(session, ready(session))
    for phase in PHASES:
        pipeline.apply(session, underway, phase)
    assert b"inet manual" in console(fresh_host, f"cat {odd}")
    assert pipeline.roll_back(session, underway, why="because").as_before
    assert console(fresh_host, f"cat {odd}") == original
    assert console(fresh_host, f"ls -A {folder}") == b"b\xfccher\n"


def test_what_latin_1_says_of_the_next_boot_is_seen_whatever_the_file_is_called(
    fresh_host: str,
) -> None:
    second = LATIN + f"auto br7\niface br7 inet manual\n    bridge_ports {NIC}\n".encode()
    folder = "/etc/network/interfaces.d"
    console(fresh_host, f"cat >{folder}/$(printf 'b\\374cher')", second)
    console(fresh_host, f"echo 'source {folder}/*' >>{INTERFACES}")
    console(fresh_host, "cat >/etc/sysctl.d/99-zz.conf", LATIN + b"net.ipv4.ip_forward=0\n")
    said = refusal(fresh_host)
    assert "br7" in said
    assert "/etc/sysctl.d/99-zz.conf" in said


def test_an_immutable_file_is_refused_before_anything_is_touched(fresh_host: str) -> None:
    console(fresh_host, f"chattr +i {INTERFACES}")
    said = refusal(fresh_host)
    assert f"{INTERFACES} is immutable" in said
    assert f"chattr -i {INTERFACES}" in said
    console(fresh_host, f"chattr -i {INTERFACES}; chattr +a {INTERFACES}; chattr +i /etc/network")
    said = refusal(fresh_host)
    assert f"chattr -a {INTERFACES}" in said
    assert "chattr -i /etc/network\n" in said
    console(fresh_host, f"chattr -i /etc/network; chattr -a {INTERFACES}")
    console(
        fresh_host, f"ln {INTERFACES} {INTERFACES}.old; mount --bind /etc/sysctl.d /etc/sysctl.d"
    )
    console(fresh_host, "mount -o remount,bind,ro /etc/sysctl.d")
    said = refusal(fresh_host)
    assert f"{INTERFACES} has 2 names (hard links)" in said
    assert "mount -o remount,rw /etc/sysctl.d" in said


def test_an_undo_ends_well_where_the_file_became_immutable_before_it_was_edited(
    fresh_host: str,
) -> None:
    session = pipeline.open_session(params(fresh_host))
    before = pipeline.read(session)
    underway = pipeline.arm(session, ready(session))
    console(fresh_host, f"chattr +i {INTERFACES}")
    with pytest.raises(StepFailed, match="interfaces"):
        pipeline.apply(session, underway, PHASES[0])
    assert pipeline.roll_back(session, underway, why="because").as_before
    assert compare(before, pipeline.read(session)).empty
    assert b"No such file" in console(fresh_host, "ls /var/lib/runbook/armed")
    assert b"i" in console(fresh_host, f"lsattr {INTERFACES}").split()[0]


def test_an_access_control_list_is_kept_by_the_change_and_by_its_undo(fresh_host: str) -> None:
    script = f"import os; print(os.getxattr('{INTERFACES}', 'user.note'))"
    setting = script.replace("getxattr", "setxattr").replace("'user.note'", "'user.note', b'mine'")
    console(fresh_host, f'python3 -c "{setting}"')
    session = pipeline.open_session(params(fresh_host))
    underway = pipeline.arm(session, ready(session))
    pipeline.apply(session, underway, PHASES[0])
    assert b"inet manual" in console(fresh_host, f"cat {INTERFACES}")
    assert console(fresh_host, f'python3 -c "{script}"') == b"b'mine'\n"
    assert pipeline.roll_back(session, underway, why="because").as_before
    assert console(fresh_host, f'python3 -c "{script}"') == b"b'mine'\n"
