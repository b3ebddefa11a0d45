from __future__ import annotations

import asyncio
import struct
import time
from pathlib import Path

import pytest
from pyroute2 import IPRoute

from runbook.common.errors import ConnectionLost, ReadFailed, StepFailed
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


def test_pyroute2_sees_what_it_sees_without_a_relay(host: LiveHost) -> None:
    with host.iproute() as relayed, IPRoute() as direct:
        for ask in ("get_links", "get_addr", "get_routes", "get_rules"):
            seen, expected = getattr(relayed, ask)(), getattr(direct, ask)()
            assert len(seen) == len(expected)
        assert names(relayed) == names(direct)


def test_pyroute2_works_where_an_event_loop_runs_as_in_a_notebook(host: LiveHost) -> None:
    async def cell() -> list[str]:
        with host.iproute() as route:
            return names(route)

    assert "lo" in asyncio.run(cell())


def test_a_refusal_reaches_pyroute2_as_its_own_error(host: LiveHost) -> None:
    with host.iproute() as route, pytest.raises(Exception, match=r"No such|not permitted"):
        route.link("del", index=999999)


def test_several_sockets_are_open_at_once(host: LiveHost) -> None:
    with host.iproute() as one, host.iproute() as two:
        assert names(one) == names(two) == names(one)


def test_pyroute2_does_not_wait_for_a_host_that_is_gone() -> None:
    host = LiveHost("here", prefix=local(), libvirt_uri="test:///default")
    began = time.monotonic()
    with pytest.raises(ConnectionLost):
        ask_after_losing(host)
    assert time.monotonic() - began < 5
    host.close()


def test_a_second_connection_is_one_of_its_own(host: LiveHost) -> None:
    second = host.reconnect()
    relay = "echo $PPID"
    assert second.query(["sh", "-c", relay]).stdout != host.query(["sh", "-c", relay]).stdout
    second.close()
    assert host.query(["true"]).returncode == 0


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


def ask_after_losing(host: LiveHost) -> None:
    with host.iproute() as route:
        route.get_links()
        host._session._wire.kill()  # noqa: SLF001 (as a lost connection would)
        route.get_links()


def names(route: IPRoute) -> list[str]:
    return sorted(link.get("ifname") for link in route.get_links())
