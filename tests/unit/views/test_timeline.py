from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from tests.unit.records import kept

from runbook import views
from runbook.records.timeline import TimelineRecord, timeline
from runbook.run.record import Ending
from runbook.views.timeline import MOST


def records(outputs: Path, count: int) -> tuple[TimelineRecord, ...]:
    for day in range(1, count + 1):
        ending = Ending.UNKNOWN if day == count else Ending.AS_PROMISED
        kept.sealed(outputs, day, ending)
    return timeline(outputs, kept.HOST)


def test_each_record_has_a_mark_and_its_number_and_nobody_needs_colours(tmp_path: Path) -> None:
    drawn = views.timeline(records(tmp_path, 3), kept.HOST)
    # The drawing is our own.
    root = fromstring(drawn.body[: drawn.body.index("</svg>") + 6])  # noqa: S314
    texts = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert texts.count("✓") == 2
    assert texts.count("✗") == 1
    assert {"1", "2", "3", "host", "2026-03-02"} <= set(texts)
    assert "3 records (host 3)" in root.attrib["aria-label"]
    assert "the newest: change" in drawn.text


def test_of_many_records_the_newest_are_drawn_and_the_text_says_so(tmp_path: Path) -> None:
    one = records(tmp_path, 1)
    drawn = views.timeline(one * (MOST + 5), kept.HOST)
    assert f"The picture shows the newest {MOST}." in drawn.text
    assert ">6<" in drawn.body
    assert ">5<" not in drawn.body


@pytest.mark.parametrize("host", ["server-01", "<b>"])
def test_without_a_record_there_is_a_sentence(host: str) -> None:
    drawn = views.timeline((), host)
    assert f"No record of {host} is here." in drawn.text
    assert "<b>" not in drawn.body
