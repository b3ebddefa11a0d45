"""A router asked through an `ssh` that is a script: what it says, and every way it says nothing."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.common.errors import ParameterError
from runbook.transport import router
from runbook.transport.prefixes import Prefix, ssh
from runbook.transport.router import RouterSays, ask

IP, MAC = "172.16.1.1", "52:54:00:ab:cd:ef"
TEXT = f"{IP} dev eth1 lladdr {MAC} ref 1 used 0/0/0 probes 4 REACHABLE"
JSON = f'[{{"dst":"{IP}","dev":"eth1","lladdr":"{MAC.upper()}","state":["STALE"]}}]'


def way(folder: Path, body: str) -> Prefix:
    """A router at the end of an ssh that runs this instead."""
    program = folder / "ssh"
    program.write_text(f"#!/bin/sh\nfor last; do :; done\n{body}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return Prefix((str(program),), "a script", "", (str(program),))


def says(folder: Path, *, json: str = "", text: str = "") -> RouterSays:
    """What is made of what the router prints for either question."""
    refuse = "echo 'unrecognized option' >&2; exit 1"
    told = {"*-j*": f"echo '{json}'" if json else refuse, "*": f"echo '{text}'"}
    cases = "".join(f"{pattern}) {line};;\n" for pattern, line in told.items())
    return ask("gw", way(folder, f"case $last in\n{cases}esac"), IP)


def test_a_router_that_does_not_let_anyone_in(tmp_path: Path) -> None:
    found = ask("gw", way(tmp_path, "echo 'gw: Permission denied (publickey).' >&2; exit 255"), IP)
    assert found.macs == ()
    assert found.said == "not read, exit status 255: gw: Permission denied (publickey)."


def test_a_router_that_cannot_be_reached_is_not_tried_twice(tmp_path: Path) -> None:
    tries = tmp_path / "tries"
    ask("gw", way(tmp_path, f"echo x >>{tries}; exit 255"), IP)
    assert tries.read_text() == "x\n"


def test_a_router_without_ip_is_told_in_its_own_words(tmp_path: Path) -> None:
    found = ask("gw", way(tmp_path, "echo 'sh: ip: not found' >&2; exit 127"), IP)
    assert (found.macs, found.said) == ((), "not read, exit status 127: sh: ip: not found")


def test_a_router_that_is_silent_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(router, "LIMIT_S", 0.2)
    found = ask("gw", way(tmp_path, "exec sleep 30"), IP)
    assert (found.macs, found.said) == ((), "no answer within 0.2 s")


def test_without_ssh_here_it_is_said(tmp_path: Path) -> None:
    gone = str(tmp_path / "none")
    found = ask("gw", Prefix((gone,), "x", "", (gone,)), IP)
    assert found.said == f"{gone} cannot be run: No such file or directory"


@pytest.mark.parametrize("text", ["", f"{IP} dev eth1  FAILED", f"{IP} dev eth1  INCOMPLETE"])
def test_a_row_without_a_mac_is_none(tmp_path: Path, text: str) -> None:
    assert says(tmp_path, text=text) == RouterSays("gw", (), f"no row for {IP} with a MAC")


def test_a_table_as_json_without_the_row(tmp_path: Path) -> None:
    assert says(tmp_path, json="[]").said == f"no row for {IP} with a MAC"


def test_two_interfaces_that_disagree_are_both_told(tmp_path: Path) -> None:
    text = f"{TEXT}\n{IP} dev eth2 lladdr 02:00:00:00:00:01 STALE\n{TEXT}"
    assert says(tmp_path, text=text).macs == (MAC, "02:00:00:00:00:01")


@pytest.mark.parametrize("json", [JSON, '[{"dev":"eth0"},' + JSON[1:]])
def test_iproute2_s_json(tmp_path: Path, json: str) -> None:
    assert says(tmp_path, json=json) == RouterSays("gw", (MAC,), "")


def test_a_router_that_never_stops_talking_is_cut_short(tmp_path: Path) -> None:
    for where in ("", " >&2"):
        found = ask("gw", way(tmp_path, f"exec yes{where}"), IP)
        assert (found.macs, found.said) == ((), "it wrote more than 64 KiB")


def test_what_is_no_mac_in_a_router_s_answer_is_not_taken_for_one(tmp_path: Path) -> None:
    rows = ",".join(f'{{"lladdr":"{word}"}}' for word in ("x" * 9000, "\\u001b[2J", MAC))
    assert says(tmp_path, json=f"[{rows}]") == RouterSays("gw", (MAC,), "")


def test_a_router_with_a_crowd_of_macs_does_not_fill_the_record(tmp_path: Path) -> None:
    rows = [f'{{"lladdr":"02:00:00:00:{n // 256:02x}:{n % 256:02x}"}}' for n in range(900)]
    assert len(says(tmp_path, json=f"[{','.join(rows)}]").macs) == router.MOST_MACS


def test_the_last_words_of_a_router_are_short(tmp_path: Path) -> None:
    shout = "head -c 60000 /dev/zero | tr '\\0' x >&2; exit 1"
    assert len(ask("gw", way(tmp_path, shout), IP).said) < 400


@given(st.text(max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    rows = router._rows(text)  # noqa: SLF001 - what a router prints is anybody's
    assert rows is None or isinstance(rows, tuple)


@pytest.mark.parametrize("address", ["", "172.16.1.1; reboot", "$(reboot)", "-j"])
def test_nothing_but_an_address_is_ever_asked_for(tmp_path: Path, address: str) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        ask("gw", way(tmp_path, "touch ran"), address)


def test_a_router_s_name_is_never_an_option_of_ssh() -> None:
    with pytest.raises(ParameterError):
        ssh("-oProxyCommand=reboot")


def test_plain_text_where_there_is_no_json(tmp_path: Path) -> None:
    assert says(tmp_path, text=TEXT) == RouterSays("gw", (MAC,), "")
