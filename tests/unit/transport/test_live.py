from __future__ import annotations

import struct
from pathlib import Path

import pytest

from runbook.common.errors import ReadFailed, StepFailed
from runbook.transport import local
from runbook.transport.connect import connect
from runbook.transport.host import Delivery, OnRefusal
from runbook.transport.live import LiveHost


def test_a_refused_datagram_names_every_message_that_was_refused(host: LiveHost) -> None:
    # Deleting a link that is not there changes nothing, whoever asks.
    absent = struct.pack("=IHHIIBBHiII", 32, 17, 0x5, 7, 0, 0, 0, 0, 999999, 0, 0)
    unknown = struct.pack("=IHHIIBBHiII", 32, 17, 0x5, 8, 0, 0, 0, 0, 999998, 0, 0)
    with pytest.raises(StepFailed, match=r"1 of 2 \(RTM_DELLINK\): \w.*2 of 2 \(RTM_DELLINK\): \w"):
        host.send_netlink(absent + unknown)


GONE = struct.pack("=IHHIIBBHiII", 32, 17, 0x5, 7, 0, 0, 0, 0, 999999, 0, 0)
LO = struct.pack("=IHHIIBBHiII", 32, 18, 0x5, 8, 0, 0, 0, 0, 1, 0, 0)
WORDS = ("ip link set dev wlan0 master virbr1", "ip address del 172.16.1.1/16 dev wlan0")


@pytest.fixture
def guarded(host: LiveHost, tmp_path: Path) -> LiveHost:
    """The host in the middle of a change, whose undo is `touch undone`."""
    for name in ("lock", "open", "journal"):
        (tmp_path / name).touch()
    undo = OnRefusal(str(tmp_path / "journal"), ("touch", str(tmp_path / "undone")))
    return host.guarded(str(tmp_path / "lock"), str(tmp_path / "open"), undo)


def test_what_follows_a_refused_message_is_not_sent_and_the_host_starts_its_undo(
    guarded: LiveHost, tmp_path: Path
) -> None:
    with pytest.raises(StepFailed) as caught:
        guarded.send_netlink(GONE + LO, Delivery(WORDS, first=1))
    assert f"refused `{WORDS[0]}`: No such device" in caught.value.what
    assert "were to follow were not sent" in str(caught.value)
    assert (tmp_path / "undone").exists()
    (line,) = (tmp_path / "journal").read_text().splitlines()
    assert line.endswith(f"the kernel refused `{WORDS[0]}`: No such device")


def test_what_follows_a_message_that_was_made_is_sent(guarded: LiveHost, tmp_path: Path) -> None:
    guarded.send_netlink(LO, Delivery(WORDS[1:], first=1))
    with pytest.raises(StepFailed, match="No such device"):
        guarded.send_netlink(LO + GONE, Delivery(WORDS, first=1))
    assert WORDS[1] in (tmp_path / "journal").read_text()


def test_a_full_disk_does_not_keep_the_host_from_its_undo(
    guarded: LiveHost, tmp_path: Path
) -> None:
    (tmp_path / "journal").unlink()
    (tmp_path / "journal").mkdir()
    with pytest.raises(StepFailed, match="No such device"):
        guarded.send_netlink(GONE, Delivery(WORDS[:1]))
    assert (tmp_path / "undone").exists()


def test_a_refusal_that_is_no_step_s_starts_no_undo(guarded: LiveHost, tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="No such device"):
        guarded.send_netlink(GONE)
    assert not (tmp_path / "undone").exists()


def test_a_datagram_without_acknowledgements_is_not_sent(host: LiveHost) -> None:
    with pytest.raises(ValueError, match="NLM_F_ACK"):
        host.send_netlink(struct.pack("=IHHIIBBHiII", 32, 17, 0x1, 7, 0, 0, 0, 0, 9, 0, 0))


def test_listening_where_there_is_no_interface_is_an_error(host: LiveHost) -> None:
    with pytest.raises(ReadFailed, match="nic0"):
        host.gateway_mac_view("127.0.0.1", "nic0")


def test_asking_by_arp_where_there_is_no_interface_is_an_error(host: LiveHost) -> None:
    with pytest.raises(ReadFailed, match="no interface nic0"):
        host.who_has("172.16.1.1", "nic0")


def test_libvirt_answers_beside_the_relay(host: LiveHost) -> None:
    assert [network.name for network in host.networks()] == ["default"]
    assert [guest.name for guest in host.guests()] == ["test"]
    assert host.libvirt_version() > 1_000_000


def test_a_host_is_known_by_its_name(tmp_path: Path) -> None:
    host = connect("server-01", prefix=local(), libvirt_uri="test:///default")
    assert host.name == "server-01"
    with pytest.raises(StepFailed) as caught:
        host.append_file(str(tmp_path / "none"), b"")
    assert caught.value.host == "server-01"
    host.close()


def test_a_second_relay_beside_the_first_answers_and_ends_by_itself(
    host: LiveHost, tmp_path: Path
) -> None:
    (tmp_path / "journal").write_text("armed")
    beside = host.beside()
    for asked in (beside, host):
        (read,) = asked.read_files((str(tmp_path / "journal"),))
        assert read is not None
        assert read.content == b"armed"
        beside.close()
