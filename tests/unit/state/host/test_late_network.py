"""What systemd and ss say of units and sockets that need the network."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.unit import fakes
from tests.unit.fakes import IP

from runbook.common.errors import ReadFailed
from runbook.state.host.late_network import LIBVIRT_AFTER, BoundSocket, LateNetwork, read
from runbook.transport.host import Completed

UNITS = "WantedBy=needs-net.service mnt.mount\nRequiredBy=binds.service\n"
SOCKET = f'tcp   LISTEN 0      5      {IP}:8000      0.0.0.0:*    users:(("python3",pid=77,fd=3))\n'


EARLIER = "libvirtd.service\n  dbus.service\n  remote-fs.target\n    mnt.mount\n"


def asked(systemctl: tuple[int, str], ss: tuple[int, str], **more: tuple[int, str]) -> LateNetwork:
    said = {"systemctl": systemctl, "ss": ss, "ps": (1, ""), "after": (0, "After=\n"), **more}

    def answer(argv: Sequence[str]) -> Completed:
        status, text = said["after" if "--property=After" in argv else argv[0]]
        if tuple(argv) == LIBVIRT_AFTER:
            status, text = said.get("earlier", (0, "libvirtd.service\n"))
        return Completed(tuple(argv), status, text.encode(), b"what it complains of")

    return read(fakes.FakeHost(answers=[answer]), (IP,))


def test_units_and_sockets_are_told_by_name() -> None:
    found = asked((0, UNITS), (0, SOCKET))
    assert found.units == ("binds.service", "mnt.mount", "needs-net.service")
    assert found.sockets == (BoundSocket("python3", "tcp", f"{IP}:8000", "", waits=False),)
    assert str(found.sockets[0]) == f"python3 (tcp {IP}:8000)"


def test_each_address_of_the_nic_is_asked_about() -> None:
    other = SOCKET.replace(IP, "10.77.0.5")

    def answer(argv: Sequence[str]) -> Completed:
        text = {IP: SOCKET, "10.77.0.5": other}.get(argv[-1], "") if argv[0] == "ss" else ""
        return Completed(tuple(argv), 0, text.encode(), b"")

    found = read(fakes.FakeHost(answers=[answer]), (IP, "10.77.0.5"))
    assert [socket.where for socket in found.sockets] == ["10.77.0.5:8000", f"{IP}:8000"]


@pytest.mark.parametrize("target", ["network.target", "network-online.target"])
def test_a_socket_has_its_service_and_whether_that_starts_after_the_target(target: str) -> None:
    after = (0, f"After=sysinit.target {target} basic.target\n")
    found = asked((0, UNITS), (0, SOCKET), ps=(0, "     77 web.service\n"), after=after)
    (socket,) = found.sockets
    assert (socket.unit, socket.waits) == ("web.service", target == "network-online.target")


@pytest.mark.parametrize("unit", ["init.scope", "--now", "-", "a b.service", "x;y.service"])
def test_what_is_no_service_s_name_is_not_asked_about(unit: str) -> None:
    found = asked((0, UNITS), (0, SOCKET), ps=(0, f"77 {unit}\n"), after=(1, ""))
    assert found.sockets[0].unit == ""


def test_a_unit_that_libvirtd_starts_after_is_told_apart() -> None:
    found = asked((0, UNITS), (0, ""), earlier=(0, EARLIER))
    assert found.before_libvirt == ("mnt.mount",)


def test_none_is_none() -> None:
    assert asked((0, "WantedBy=\nRequiredBy=\n"), (0, "")) == LateNetwork()


@pytest.mark.parametrize("which", ["systemctl", "ss"])
def test_a_program_that_fails_is_not_taken_for_no_answer(which: str) -> None:
    answers = {"systemctl": (0, UNITS), "ss": (0, ""), which: (1, "")}
    with pytest.raises(ReadFailed, match=which):
        asked(answers["systemctl"], answers["ss"])
