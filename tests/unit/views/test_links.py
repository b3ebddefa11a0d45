from __future__ import annotations

import pandas as pd

from runbook.views.links import Link, linked


def test_links_and_cells_are_escaped() -> None:
    rows = pd.DataFrame([("a <b>", 1)], columns=["host", "count"])
    picture = linked(rows, [[Link("page", 'x "y"/<z>.html'), Link("journal", "j")]], "R <r>")
    assert '<a href="x%20%22y%22/%3Cz%3E.html">page</a>' in picture.body
    assert "<td>a &lt;b&gt;</td>" in picture.body
    assert "R &lt;r&gt;" in picture.body
    assert "journal: j" in picture.text


def test_no_rows_are_said_so() -> None:
    assert linked(pd.DataFrame(columns=["host"]), [], "Records").text == "Records: none"
