from __future__ import annotations

import json

import pandas as pd

from runbook.notebook.shared.undoing import records


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
