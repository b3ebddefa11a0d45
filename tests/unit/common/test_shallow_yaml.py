from __future__ import annotations

import time

import pytest
import yaml

from runbook.state.syntax import netplan


@pytest.mark.parametrize("content", [b"[" * 20_000, b"{a: " * 20_000, b"- " * 20_000])
def test_yaml_nested_20_000_deep_is_refused_at_once(content: bytes) -> None:
    started = time.process_time()
    with pytest.raises(yaml.YAMLError, match="nested deeper than 64 levels"):
        netplan.loads(content)
    assert time.process_time() - started < 15


def test_a_file_of_many_mebibytes_is_refused_unread() -> None:
    with pytest.raises(yaml.YAMLError, match="more than 256 KiB"):
        netplan.loads(b"a: b\n" * 1_000_000)


def test_a_configuration_of_60_levels_is_read() -> None:
    assert netplan.loads(b"[" * 60 + b"]" * 60) is not None
