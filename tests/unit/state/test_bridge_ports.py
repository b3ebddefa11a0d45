from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from tests.unit.fakes import attribute
from tests.unit.state.made_up_dumps import (
    NEWLINK,
    Interfaces,
    dump_of,
    interfaces,
    message,
    port_rows,
)
from tests.unit.state.recorded import as_documented, dump, host, said

from runbook.state import bridge_ports


@given(interfaces)
def test_ports_of_any_layouts_are_decoded_as_each_of_them_is(there: Interfaces) -> None:
    assert list(bridge_ports.parse(dump_of(there))) == sorted(port_rows(there))


@pytest.mark.parametrize("ports", [1, 2])
def test_a_port_without_a_state_is_refused(ports: int) -> None:
    info = attribute(4, b"bridge\0") + attribute(5, attribute(3, bytes(4)))
    with pytest.raises(ValueError, match="which state a port"):
        bridge_ports.parse(message(NEWLINK, bytes(16), [(3, b"eth7\0"), (18, info)]) * ports)


def test_each_port_is_in_the_state_that_iproute2_says() -> None:
    table = bridge_ports.parse(dump("links"))
    told = [(link, link.get("linkinfo", {})) for link in said("ip-link.json")]
    ports = sorted(
        (link["master"], link["ifname"], info["info_slave_data"]["state"])
        for link, info in told
        if info.get("info_slave_kind") == "bridge"
    )
    assert [state for _, _, state in ports] == ["listening", "disabled", "forwarding"]
    found = ((row.bridge, row.port, row.state) for row in table)
    assert list(found) == ports
    assert as_documented(table, bridge_ports.TABLE)


def test_a_host_without_a_bridge_has_no_port(tmp_path: Path) -> None:
    table = bridge_ports.read(host(tmp_path))
    assert as_documented(table, bridge_ports.TABLE)
    assert not table
