"""A printed table's columns are as wide as its texts, and no printer has to measure them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.views import Look, fold, note, stack, table
from runbook.views.page.column_widths import ROOM, fix_columns, widths
from runbook.views.page.document import page
from runbook.views.page.pdf import pdf


def fixed(rows: str) -> ET.Element:
    document = ET.fromstring(f'<body><div class="rb">{rows}</div></body>')  # noqa: S314 - it is ours
    fix_columns(document)
    found = document.find(".//table")
    assert found is not None
    return found


def shares(found: ET.Element) -> list[float]:
    styles = [col.get("style", "") for col in found.iter("col")]
    return [float(style.removeprefix("width:").removesuffix("%")) for style in styles]


def test_a_table_that_needs_less_than_the_sheet_is_as_wide_as_its_texts() -> None:
    found = fixed("<table><caption>c</caption><tr><td>12</td><td>123456</td></tr></table>")
    assert [part.tag for part in found] == ["caption", "colgroup", "tr"]
    assert shares(found) == pytest.approx([100 * 4 / 12, 100 * 8 / 12], abs=0.01)
    assert found.get("style") == f"table-layout:fixed;width:{100 * 12 / ROOM:.2f}%"


def test_a_text_that_is_longer_than_the_sheet_takes_no_room_from_short_ones() -> None:
    found = fixed(f"<table><tr><td>12345678</td><td>{'x' * 5000}</td></tr></table>")
    assert shares(found)[0] == pytest.approx(100 * 10 / ROOM, abs=0.01)
    assert found.get("style") == "table-layout:fixed;width:100.00%"


def test_lines_count_and_blocks_are_lines() -> None:
    block = "<div>12</div><div>34</div>"
    found = fixed(f"<table><tr><td>1234\n12<b>34</b></td><td>{block}</td></tr></table>")
    assert shares(found) == pytest.approx([60, 40], abs=0.01)


@pytest.mark.parametrize(
    "rows",
    [
        '<table><tr><td colspan="2">x</td></tr><tr><td>a</td><td>b</td></tr></table>',
        "<table><tr><td>x</td></tr><tr><td>a</td><td>b</td></tr></table>",
        "<table><tr><td><svg/></td></tr></table>",
        "<table></table>",
    ],
)
def test_a_table_of_another_form_is_left_alone(rows: str) -> None:
    found = fixed(rows)
    assert found.get("style") is None
    assert shares(found) == []


@given(st.lists(st.tuples(st.integers(2, 5000), st.integers(2, 60)), min_size=1, max_size=20))
def test_no_column_is_narrower_than_it_has_to_be(columns: list[tuple[int, int]]) -> None:
    lengths, least = zip(*((max(pair), pair[1]) for pair in columns), strict=True)
    found = widths(lengths, least, ROOM)
    assert all(low <= width <= most for low, width, most in zip(least, found, lengths, strict=True))
    assert sum(found) <= max(ROOM, sum(least)) or max(found) in least
    if sum(lengths) <= ROOM:
        assert found == list(lengths)


def test_a_page_is_printed_without_measuring_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    from weasyprint.layout import table as printer  # noqa: PLC0415 - slow, and of this test alone

    measured: list[object] = []
    plain: Callable[..., Any] = printer.auto_table_layout

    def measure(context: Any, box: Any, block: Any) -> Any:  # noqa: ANN401 - it has no types
        measured.append(box)
        return plain(context, box, block)

    monkeypatch.setattr(printer, "auto_table_layout", measure)
    rows = pd.DataFrame([(n, "/var/lib/runbook/" * 20) for n in range(30)], columns=["n", "path"])
    picture = stack([table(rows, Look("Steps")), fold("more", note("as promised"))])
    output = {"output_type": "display_data", "metadata": {}, "data": {"text/html": picture.html()}}
    cell = {"cell_type": "code", "id": "x", "metadata": {}, "execution_count": 1, "source": "x"}
    notebook = {"cells": [{**cell, "outputs": [output]}], "metadata": {}, "nbformat": 4}
    assert pdf(page(json.dumps({**notebook, "nbformat_minor": 5}), "t")).startswith(b"%PDF")
    assert measured == []
