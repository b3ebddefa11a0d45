"""A notebook of two cells, for tests of who runs notebooks."""

from __future__ import annotations

import json
from pathlib import Path


def write(path: Path, parameters: str, source: str) -> None:
    """Its parameters cell, and the cell that does something."""
    code: dict[str, object] = {"cell_type": "code", "execution_count": None, "outputs": []}
    cells = [
        {**code, "id": "p", "metadata": {"tags": ["parameters"]}, "source": parameters},
        {**code, "id": "c", "metadata": {}, "source": source},
    ]
    kernel = {"name": "python3", "display_name": "", "language": "python"}
    whole = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}
    path.write_text(json.dumps(whole))
