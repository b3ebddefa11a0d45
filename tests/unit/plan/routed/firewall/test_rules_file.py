from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit import fakes

from runbook.common.errors import ParameterError
from runbook.params import for_host
from runbook.plan.routed.firewall.rules_file import expected_of_file, lines, rules_file
from runbook.run import pipeline

HOST = f"""\
interface: {fakes.NIC}
address: {fakes.ADDRESS}
gateway: {fakes.GATEWAY}
rules: lan.rules
"""
GOOD = "*filter\n:INPUT DROP [0:0]\n:own - [0:0]\n-A INPUT -j own\nCOMMIT\n"


def folder(tmp_path: Path, text: bytes | None) -> Path:
    (tmp_path / "server-01.yaml").write_text(HOST)
    if text is not None:
        (tmp_path / "lan.rules").write_bytes(text)
    return tmp_path


@pytest.mark.parametrize(("text", "said"), [(None, "No such file"), (b"\xff\xfe", "not UTF-8")])
def test_a_file_that_cannot_be_read_is_said_before_any_contact(
    tmp_path: Path, text: bytes | None, said: str
) -> None:
    with pytest.raises(ParameterError, match=said) as wrong:
        for_host(folder(tmp_path, text), {"host": "server-01"})
    assert wrong.value.field == "rules"
    assert "lan.rules" in str(wrong.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("*filter\n:INPUT DROP [0:0]\n-I INPUT -j ACCEPT\nCOMMIT\n", "line 3"),
        ("*filter\n:INPUT DROP [0:0]\n", "ends before COMMIT"),
        (GOOD.replace("-j own", "-j own -j DROP"), "line 4.*not one target"),
        (GOOD.replace("-j own", "oops -j own"), "line 4.*not an option"),
        (GOOD.replace("-j own", "-s 10.0.0.300/32 -j own"), "line 4"),
        (GOOD.replace("-j own", "-s fe80::/10 -j own"), "line 4.*IPv6"),
        (GOOD.replace("-j own", "-p ipv6-icmp -j own"), "line 4.*IPv6"),
    ],
)
def test_a_rule_that_cannot_be_loaded_is_named_by_its_line_before_any_contact(
    text: str, said: str
) -> None:
    params = fakes.params(rules="lan.rules", rules_text=text)
    with pytest.raises(ParameterError, match=said) as wrong:
        pipeline.open_session(params)
    assert wrong.value.field == "rules"
    assert "params/lan.rules" in str(wrong.value)


def test_the_file_is_read_along_with_the_host_s_own(tmp_path: Path) -> None:
    params = for_host(folder(tmp_path, GOOD.encode()), {"host": "server-01"})
    found = rules_file(params)
    assert found
    assert [rule for _, _, rule in lines(found)] == ["-P INPUT DROP", "-N own", "-A INPUT -j own"]
    assert "lan.rules" not in str(params.model_dump().get("rules_text", ""))


def test_other_networks_rules_are_libvirt_s_as_well() -> None:
    rule = "-A FORWARD -s 192.168.122.0/24 -i virbr0 -j ACCEPT"
    text = f"*filter\n:FORWARD ACCEPT [0:0]\n{rule}\nCOMMIT\n"
    params = fakes.params(rules="lan.rules", rules_text=text)
    network = {"name": "default", "bridge": "virbr0", "forward_mode": "nat"}
    there = fakes.seen(networks=[{**network, "addresses": "192.168.122.1/24", "active": True}])
    assert expected_of_file(params, there).rules == ()
    assert len(expected_of_file(params, fakes.seen()).rules) == 1
