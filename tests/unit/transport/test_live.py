from __future__ import annotations

import struct
from pathlib import Path

import pytest

from runbook.common.errors import ReadFailed, StepFailed
from runbook.transport import local
from runbook.transport.connect import connect
from runbook.transport.live import LiveHost


def test_a_refused_datagram_names_every_message_that_was_refused(host: LiveHost) -> None:
    # Deleting a link that is not there changes nothing, whoever asks.
    absent = struct.pack("=IHHIIBBHiII", 32, 17, 0x5, 7, 0, 0, 0, 0, 999999, 0, 0)
    unknown = struct.pack("=IHHIIBBHiII", 32, 17, 0x5, 8, 0, 0, 0, 0, 999998, 0, 0)
    with pytest.raises(StepFailed, match=r"1 of 2 \(RTM_DELLINK\): E.*2 of 2 \(RTM_DELLINK\): E"):
        host.send_netlink(absent + unknown)


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
