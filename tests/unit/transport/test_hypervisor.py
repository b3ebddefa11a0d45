"""Against libvirt's own in-memory driver, and a daemon that never answers."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runbook.common.errors import HypervisorUnavailable
from runbook.transport.host import NetworkXML
from runbook.transport.hypervisor import Hypervisor
from runbook.transport.session import Login

NETWORK = """\
<network><name>routed</name><bridge name='virbr1'/><ip address='172.16.1.1' prefix='16'/></network>
"""


@pytest.fixture
def hypervisor() -> Iterator[Hypervisor]:
    made = Hypervisor("here", "test:///default")
    yield made
    made.close()


def test_a_daemon_that_is_not_there_is_named_with_libvirts_own_words(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    hypervisor = Hypervisor("server-01", f"qemu+unix:///system?socket={tmp_path}/none")
    with pytest.raises(HypervisorUnavailable, match="No such file or directory") as caught:
        hypervisor.networks()
    assert caught.value.host == "server-01"
    assert "systemctl start libvirtd" in caught.value.then
    assert capfd.readouterr().err == ""


def test_a_daemon_that_never_answers_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runbook.transport.hypervisor._OPEN_S", 0.5)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "sock"))
        silent.listen()
        hypervisor = Hypervisor("server-01", f"qemu+unix:///system?socket={tmp_path}/sock")
        began = time.monotonic()
        with pytest.raises(HypervisorUnavailable, match="no answer in time"):
            hypervisor.version()
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("login", "what", "then"),
    [
        (Login("*** ours ***\n 12:00 up 3 days\n", 0.4), "prints at each login.*ours", "bashrc"),
        (Login("", 12.2), "a login on server-01 takes 12 s", "UseDNS no"),
    ],
)
def test_a_login_that_libvirt_cannot_use_is_named_and_not_a_daemon_that_is_down(
    tmp_path: Path, login: Login, what: str, then: str
) -> None:
    uri = f"qemu+unix:///system?socket={tmp_path}/none"
    hypervisor = Hypervisor("server-01", uri, login=login)
    with pytest.raises(HypervisorUnavailable, match=what) as caught:
        hypervisor.networks()
    assert then in caught.value.then
    assert "systemctl start libvirtd" not in caught.value.then


def test_guests_are_told_in_virshs_words(hypervisor: Hypervisor) -> None:
    (guest,) = hypervisor.guests()
    assert (guest.name, guest.state) == ("test", "running")
    assert "<domain" in guest.xml


def test_the_version_is_libvirts_number(hypervisor: Hypervisor) -> None:
    assert hypervisor.version() > 1_000_000


def test_a_closed_connection_opens_again_when_asked(hypervisor: Hypervisor) -> None:
    hypervisor.version()
    hypervisor.close()
    assert hypervisor.version() > 1_000_000


def named(hypervisor: Hypervisor, name: str) -> NetworkXML:
    return next(network for network in hypervisor.networks() if network.name == name)


def test_a_libvirt_that_is_elsewhere_is_asked_nothing() -> None:
    hypervisor = Hypervisor("server-01", "test:///default", lambda: "it is on the moon")
    for _ in range(2):
        with pytest.raises(HypervisorUnavailable, match="server-01: it is on the moon") as caught:
            hypervisor.networks()
    assert "nothing was asked of that libvirt" in caught.value.state
