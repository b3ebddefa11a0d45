"""A guest's name servers: libvirt's own is left behind by the move, and another takes its place."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.lab import guesting
from tests.lab.guesting import GATEWAY, HOST, console

from runbook.apply.confirm import Confirmed
from runbook.common.errors import VerificationFailed
from runbook.lab import lab as labs
from runbook.lab.names import ROUTER
from runbook.run import pipeline

pytestmark = pytest.mark.thorough
WANTED = [{"name": "vm-01", "address": "172.16.1.10/16", "nameservers": [GATEWAY]}]
ASKED = {"guests": WANTED}
PORT = 53


@contextmanager
def name_server() -> Iterator[None]:
    """One on the router, which answers each question by refusing it: it is there."""
    command = ["ip", "netns", "exec", ROUTER, sys.executable, "-m", __name__]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        assert served.stdout.readline().strip() == "ready"
        try:
            yield
        finally:
            served.terminate()


@pytest.fixture(scope="module")
def guest(lab: labs.Lab) -> Iterator[str]:
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)
    guesting.on_the_lan()
    guesting.added("quick", "vm-01")
    yield "vm-01"
    labs.renew(HOST)


def resolver(name: str) -> str:
    """The guest's /etc/resolv.conf."""
    with guesting.session(name) as made:
        before = pipeline.read(made)
        offered = pipeline.observe(made, before).offers[name].inside
        assert offered is not None
        assert offered.resolv_conf is not None
        return offered.resolv_conf.content.decode()


def test_a_name_server_that_does_not_answer_is_no_change(guest: str) -> None:
    was = resolver(guest)
    with pytest.raises(VerificationFailed) as caught:
        guesting.moved(**ASKED)
    assert f"{GATEWAY} silent" in str(caught.value)
    assert resolver(guest) == was
    assert "default" in console("virsh", "domiflist", guest)


def test_the_one_that_is_asked_for_takes_the_place_of_libvirt_s_own(guest: str) -> None:
    with name_server():
        assert isinstance(guesting.moved(**ASKED), Confirmed)
    assert resolver(guest) == f"nameserver {GATEWAY}\n"
    _, _, files = guesting.inside(guest)
    assert f"dns-nameservers {GATEWAY}" in str(files)


def _serve() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
        here.bind(("", PORT))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            asked, back = here.recvfrom(512)
            # QR and REFUSED, the question as it came (RFC 1035, 4.1.1).
            here.sendto(asked[:2] + b"\x80\x05" + asked[4:], back)


if __name__ == "__main__":
    _serve()
