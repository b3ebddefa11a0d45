from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Interface
from pathlib import Path

import pytest
from tests.unit.insides import DHCP, PATH, WANTED, LocalChannel, compared, seen

from runbook.common.clock import SystemClock
from runbook.guest.undo import verify
from runbook.state.guest.files import InsideFile
from runbook.state.guest.inside import RESOLV_CONF, Inside


@pytest.mark.parametrize(
    ("answering", "address", "required"),
    [
        ((), "172.16.1.10/16", False),
        # Libvirt's own dnsmasq, which is not reached from the LAN.
        (("192.168.122.1",), "172.16.1.10/16", False),
        (("192.168.122.1", "9.9.9.9"), "172.16.1.10/16", True),
        (("fd00::1",), "172.16.1.10/16", True),
        (("no address",), "172.16.1.10/16", True),
        (("192.168.122.1",), "192.168.122.9/24", True),
    ],
)
def test_a_name_server_has_to_answer_if_one_did_that_is_not_left_behind(
    tmp_path: Path, answering: tuple[str, ...], address: str, *, required: bool
) -> None:
    given = {"/etc/resolv.conf": str(tmp_path / "none"), "ping -c 1 -W 2": "true"}
    wanted = replace(WANTED, address=IPv4Interface(address))
    names = verify(LocalChannel(given=given), wanted, seen(answering=answering), SystemClock())[-1]
    assert (names.required, names.seen) == (required, "none is configured")


def test_where_it_is_not_known_how_they_answered_before_one_has_to_answer(tmp_path: Path) -> None:
    given = {"/etc/resolv.conf": str(tmp_path / "none"), "ping -c 1 -W 2": "true"}
    names = verify(LocalChannel(given=given), WANTED, None, SystemClock())[-1]
    assert (names.required, names.kept) == (True, False)


@pytest.mark.parametrize(
    ("answering", "said"),
    [((), "none answered before the change"), (("192.168.122.1",), "192.168.122.1 is left behind")],
)
def test_where_none_has_to_answer_it_says_why(
    tmp_path: Path, answering: tuple[str, ...], said: str
) -> None:
    given = {"/etc/resolv.conf": str(tmp_path / "none"), "ping -c 1 -W 2": "true"}
    names = verify(LocalChannel(given=given), WANTED, seen(answering=answering), SystemClock())[-1]
    assert names.promised == f"not required: {said}"


def told(before: Inside, after: Inside) -> list[tuple[str, str, str]]:
    return [(c.about, c.promised, c.seen) for c in compared(before, after) if not c.kept]


FILE = f"{PATH} in the guest"
NAMES = f"{RESOLV_CONF} in the guest"
ASKS = InsideFile(RESOLV_CONF, b"nameserver 9.9.9.9\n", 0o644)
NOT_SHOWN = "not shown, for it holds a secret"


@pytest.mark.parametrize(
    ("before", "after", "differs"),
    [
        (seen(), seen(), []),
        (seen(), seen(addresses=()), [("addresses in the guest", "192.168.122.50/24", "none")]),
        (seen(DHCP), seen(f"{DHCP}# x\n"), [(FILE, "without that", "'# x'")]),
        (seen("a\nb\n"), seen("a\nc\n"), [(FILE, "'b'", "'c'")]),
        (seen("a\n" * 9 + "b"), seen(""), [(FILE, "'a'; 'a'; 'a'; 'a'; and 6 more lines",
                                             "without that")]),
        (seen(resolv_conf=None), seen(resolv_conf=ASKS), [(NAMES, "not there", "there")]),
        (seen(resolv_conf=ASKS), seen(resolv_conf=replace(ASKS, content=b"")),
         [(NAMES, "'nameserver 9.9.9.9'", "without that")]),
        (seen(), seen(files=()), [(FILE, "there", "not there")]),
        (seen(files=()), seen(), [(FILE, "not there", "there")]),
        (seen(), seen(files=(), withheld=(PATH,)), [(FILE, "there", NOT_SHOWN)]),
        (seen(files=(InsideFile(PATH, b"a", 0o600),)), seen("a"), [(FILE, "mode 600", "mode 644")]),
    ],
)  # fmt: skip
def test_what_differs_is_said_line_by_line(
    before: Inside, after: Inside, differs: list[tuple[str, str, str]]
) -> None:
    assert told(before, after) == differs


def test_lines_in_another_order_are_a_difference_too() -> None:
    ((_, was, is_now),) = told(seen("a\nb\n"), seen("b\na\n"))
    assert was != is_now
    assert was.startswith("sha256 ")


def test_a_name_server_has_to_answer_if_some_are_asked_for(tmp_path: Path) -> None:
    given = {"/etc/resolv.conf": str(tmp_path / "none"), "ping -c 1 -W 2": "true"}
    wanted = replace(WANTED, nameservers=("172.16.0.1",))
    names = verify(LocalChannel(given=given), wanted, seen(answering=()), SystemClock())[-1]
    assert (names.required, names.kept) == (True, False)
