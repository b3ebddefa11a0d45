"""A record as PDF: whole, with its number and page on each sheet, and nothing loaded for it."""

from __future__ import annotations

import re
import sys
import zlib

import pytest
from tests.unit import hosts

from runbook.common.errors import CorrectParameters
from runbook.views import wiring
from runbook.views.page.pdf import pdf
from runbook.views.page.print_style import PRINT, running_header
from runbook.views.page.style import SHEET


def html(body: str, head: str = "") -> str:
    return (
        f"<!doctype html><html><head><style>{SHEET}{head}</style></head><body>{body}</body></html>"
    )


def drawn(made: bytes) -> bytes:
    """What the sheets show, as PDF operators."""
    streams = re.findall(rb"stream\n(.*?)\nendstream", made, re.DOTALL)
    found = []
    for stream in streams:
        try:
            found.append(zlib.decompress(stream))
        except zlib.error:
            found.append(stream)
    return b"\n".join(found)


def test_without_the_package_the_operator_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(CorrectParameters) as told:
        pdf(html("x"))
    assert "pip install 'runbook[pdf]'" in told.value.then
    assert "print it" in told.value.then


def test_a_drawing_has_its_colours_and_nothing_is_loaded_from_anywhere() -> None:
    picture = wiring(hosts.after(), hosts.OWN, hosts.before())
    away = '<img src="http://127.0.0.1:9/x.png"><link rel="stylesheet" href="file:///etc/passwd">'
    made = pdf(html(f"{away}<div class='rb'>{picture.body}</div>"))
    assert made.startswith(b"%PDF")
    # The green of what is new; without its style each box is black.
    assert b"0.18039215686 0.6274509804 0.262745098" in drawn(made) or re.search(
        rb"0?\.180\d* 0?\.627\d* 0?\.262\d*", drawn(made)
    )


@pytest.mark.parametrize("title", ['a"b', "x}</style><script>", "\\", "ü\n1", "a: b (c)"])
def test_no_title_leaves_its_place_in_the_style(title: str) -> None:
    told = running_header(title)
    inside = told.partition('content:"')[2].partition('";')[0]
    assert not set('"<>{}\n') & set(inside)
    spelled = re.sub(r"\\([0-9a-f]+) ", lambda m: chr(int(m[1], 16)), inside)
    assert spelled == title


def test_a_text_that_is_longer_than_a_sheet_goes_on_on_the_next_one() -> None:
    text = "\n".join(f"line {number}" for number in range(200))
    body = f'<div class="rb"><div class="rb-said"><details><pre>{text}</pre></details></div></div>'
    made = pdf(html(body, PRINT))
    assert len(re.findall(rb"/Type /Page\b", made + drawn(made))) > 2
