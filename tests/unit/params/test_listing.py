from __future__ import annotations

from pathlib import Path

from runbook.params import listing

GOOD = "interface: a\naddress: 172.16.1.1/16\ngateway: 172.16.0.1\n"


def test_a_file_that_is_not_right_is_listed_with_its_error(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(GOOD)
    (tmp_path / "a.yaml").write_text("gatway: 1\n")
    (tmp_path / "c d.yaml").write_text(GOOD)
    (tmp_path / "example.json").write_text("{}")
    found = {one.host: one for one in listing(tmp_path)}
    assert list(found) == ["a", "b", "c d"]
    assert found["a"].error
    assert found["a"].error.field == "gatway"
    assert found["b"].params
    assert found["b"].params.address == "172.16.1.1/16"
    assert found["c d"].error
    assert found["c d"].error.field == "host"
