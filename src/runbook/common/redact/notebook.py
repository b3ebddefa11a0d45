"""An executed notebook without secrets: its parameters, the injected cell, and what cells show."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from runbook.common.redact.data import redact, secrets_in
from runbook.common.redact.source import redact_source, secrets_of
from runbook.common.redact.text import redact_prose, without

# Pictures and pages are drawn of data that is redacted; a line of theirs may not lose its end.
_DRAWN = ("text/html", "text/latex")
# What widgets draw is kept beside the cells.
_WIDGETS = "widgets"
Data = Any
# papermill writes a notebook some twenty times, and most cells are as they were the last time.
_MOST = 512
_redact_source, _secrets_of = lru_cache(_MOST)(redact_source), lru_cache(_MOST)(secrets_of)
_redact_prose = lru_cache(_MOST)(redact_prose)


def redact_notebook(buf: str) -> str:
    """A notebook's JSON without secrets; unchanged if it has none, or is no notebook."""
    try:
        notebook = json.loads(buf)
    except (json.JSONDecodeError, RecursionError):
        return buf
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        return buf
    cleaned = redacted_notebook(notebook)
    if cleaned == notebook:
        return buf
    return json.dumps(cleaned, indent=1, ensure_ascii=False) + "\n"


def redacted_notebook(notebook: dict[str, Data]) -> dict[str, Data]:
    """A notebook's data without secrets; its cells are kept for the next time, so alter none."""
    metadata = notebook.get("metadata", {})
    secrets = tuple(dict.fromkeys(_known(notebook["cells"], metadata)))
    secrets = tuple(sorted(secrets, key=len, reverse=True))
    told = {k: v for k, v in metadata.items() if k != _WIDGETS}
    drawn = {k: _without(v, secrets) for k, v in metadata.items() if k == _WIDGETS}
    kept = redact(told, secrets)
    cells = [_cell_of(json.dumps(cell), secrets) for cell in notebook["cells"]]
    metadata = {**kept, **drawn} if isinstance(kept, dict) else drawn
    return {**notebook, "cells": cells, "metadata": metadata}


def _known(cells: list[Data], metadata: Mapping[str, Data]) -> Iterator[str]:
    """Secrets that have a name somewhere, to be taken out wherever else they are."""
    yield from secrets_in(metadata.get("papermill", {}))
    for cell in cells:
        if cell.get("cell_type") == "code":
            yield from _secrets_of(_joined(cell.get("source", "")))


@lru_cache(_MOST)
def _cell_of(text: str, secrets: tuple[str, ...]) -> dict[str, Data]:
    """A cell of this JSON; nobody alters what comes of it."""
    return _cell(json.loads(text), secrets)


def _cell(cell: dict[str, Data], secrets: tuple[str, ...]) -> dict[str, Data]:
    code = cell.get("cell_type") == "code"
    cleaned = {**cell, "metadata": redact(cell.get("metadata", {}), secrets)}
    source = cell.get("source", "")
    clean = _redact_source if code else without
    cleaned["source"] = _lines(source, lambda text: clean(text, secrets))
    if "outputs" in cell:
        cleaned["outputs"] = [_output(output, secrets) for output in cell["outputs"]]
    return cleaned


def _output(output: dict[str, Data], secrets: tuple[str, ...]) -> dict[str, Data]:
    cleaned = {k: _shown("text/plain", v, secrets) for k, v in output.items() if k != "data"}
    if "data" in output:
        cleaned["data"] = {k: _shown(k, v, secrets) for k, v in output["data"].items()}
    return cleaned


def _shown(mime: str, content: Data, secrets: tuple[str, ...]) -> Data:
    if mime in _DRAWN or not mime.startswith(("text/", "application/")):
        return _without(content, secrets)
    if mime.startswith("text/"):
        return _lines(content, lambda text: without(_redact_prose(text), secrets))
    return redact(content, secrets)


def _without(value: Data, secrets: tuple[str, ...]) -> Data:
    """Known secrets taken out, and nothing else."""
    if isinstance(value, dict):
        return {key: _without(inner, secrets) for key, inner in value.items()}
    return _lines(value, lambda text: without(text, secrets))


def _lines(value: Data, change: Callable[[str], str]) -> Data:
    """Text, or the lines of one, changed as one text."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        changed = change(_joined(value))
        return value if changed == _joined(value) else changed.splitlines(keepends=True)
    return value


def _joined(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "".join(value)
