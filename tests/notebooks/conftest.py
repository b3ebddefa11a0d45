from __future__ import annotations

from pathlib import Path

import pytest
from tests import bench


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return bench.make_home(tmp_path)


@pytest.fixture
def fresh_host() -> str:
    """A host as it was installed."""
    bench.fresh()
    return bench.HOST
