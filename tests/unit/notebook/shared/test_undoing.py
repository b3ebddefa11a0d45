from __future__ import annotations

import json

import pandas as pd

from runbook.notebook.shared.undoing import module_notes, records


def test_a_table_is_kept_whatever_the_host_has_in_it() -> None:
    rows = pd.DataFrame(
        {
            "text": ["/etc/b\udcfccher", "ü/"],
            "count": pd.Series([None, 1], dtype="Int64"),
            "seconds": pd.Series([0.5, None], dtype="Float64"),
            "up": [True, False],
            "port": pd.Series([22, 23], dtype="int64"),
        }
    )
    told = records(rows)
    assert json.loads(told.encode().decode()) == [
        {"text": "/etc/b\udcfccher", "count": None, "seconds": 0.5, "up": True, "port": 22},
        {"text": "ü/", "count": 1, "seconds": None, "up": False, "port": 23},
    ]
    assert json.loads(records(rows[:0])) == []


def test_a_module_that_stays_loaded_is_named_with_what_it_does_to_packets() -> None:
    (others,) = module_notes(("nf_conntrack", "nf_nat"))
    assert "nf_conntrack, nf_nat" in others
    assert "until the next boot" in others
    assert "modprobe" not in others
    harmless, filtering = module_notes(("br_netfilter", "nf_nat"))
    assert "br_netfilter" not in harmless
    assert "modprobe -r br_netfilter" in filtering
    assert module_notes(()) == ()
