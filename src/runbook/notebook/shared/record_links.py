"""Links to what a run left to be read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from runbook.run.record import JOURNAL, NOTEBOOK, PAGE
from runbook.views.links import Link


def folder_of(path: Path) -> str:
    """A run folder as the file list of the desk calls it: outputs, host, change."""
    return "/".join(path.parts[-3:])


def links_of(record: Path, folder: Path) -> Iterator[Link]:
    """Page, notebook, journal and folder; `folder` is where the page with the links is."""
    for words, name in (("page", PAGE), ("notebook", NOTEBOOK), ("journal", JOURNAL)):
        if (record / name).is_file():
            yield Link(words, os.path.relpath(record / name, folder))
    yield Link("folder", os.path.relpath(record, folder), folder=folder_of(record))
