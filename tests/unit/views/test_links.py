from __future__ import annotations

import pandas as pd

from runbook.views.links import Link, Links, linked


def test_links_and_cells_are_escaped() -> None:
    rows = pd.DataFrame([("a <b>", 1)], columns=["host", "count"])
    links = [[Link("page", 'x "y"/<z>.html'), Link("journal", "j"), Link("folder", "f", 'a"b')]]
    tones = pd.DataFrame([("rb-block", "")], columns=["host", "count"])
    picture = linked(rows, links, Links("R <r>", classes=tones))
    assert '<a href="x%20%22y%22/%3Cz%3E.html">page</a>' in picture.body
    assert '<td class="rb-words rb-block" data-label="host">a &lt;b&gt;</td>' in picture.body
    assert 'data-commandlinker-args="{&quot;path&quot;: &quot;a\\&quot;b&quot;}"' in picture.body
    assert "R &lt;r&gt;" in picture.body
    assert "journal: j" in picture.text


def test_the_links_stand_where_they_are_wanted() -> None:
    rows = pd.DataFrame([("server-01", "none")], columns=["host", "change"])
    body = linked(rows, [[Link("undo", "u")]], Links("Hosts", column="open", at=1)).body
    assert body.index(">host<") < body.index(">open<") < body.index(">change<")
    assert body.index("server-01") < body.index(">undo<") < body.index("none")


def test_no_rows_are_said_so() -> None:
    assert linked(pd.DataFrame(columns=["host"]), [], Links("Records")).text == "Records: none"
