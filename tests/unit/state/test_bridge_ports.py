from __future__ import annotations

from pathlib import Path

from tests.unit.state.recorded import as_documented, dump, host, said

from runbook.state import bridge_ports


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
