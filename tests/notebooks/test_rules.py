"""An operator's rules file, as iptables-save writes it: reproduced, each difference explained."""

from __future__ import annotations

from pathlib import Path

from tests import bench
from tests.bench import papermill

RULES = Path(__file__).parents[1] / "unit/data/iptables/routed-second-lan.rules"
SECOND_LAN = "10.44.0.0/20"


def test_the_file_is_reproduced_and_nothing_is_left_unexplained(
    fresh_host: str, home: Path
) -> None:
    (home / "params" / "lan.rules").write_text(RULES.read_text())
    done = papermill(home, "-p", "host", fresh_host, "-p", "rules", "lan.rules")
    assert done.status == 0, done.said
    assert done.outcome["outcome"] == "as promised"
    head, tail = done.page.split("The final values", 1)
    assert SECOND_LAN in head
    assert ", 0 unexplained" in tail
    live = bench.on_host("iptables-save").splitlines()
    wanted = [line for line in RULES.read_text().splitlines() if SECOND_LAN in line]
    assert wanted
    assert set(wanted) <= set(live)
    # libvirt's own are there once, where libvirt keeps them.
    assert [line for line in live if line.startswith("-A LIBVIRT_FWX -i virbr1")]
    # A boot loads the one, and leaves the other to libvirt.
    saved = bench.on_host("cat", "/etc/iptables/rules.v4")
    assert all(line in saved for line in wanted)
    assert "LIBVIRT" not in saved
