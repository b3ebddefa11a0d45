from __future__ import annotations

from pathlib import Path

import pytest
from tests import bench


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return bench.make_home(tmp_path)


@pytest.fixture(scope="session")
def lab_is_up() -> None:
    bench.lab("up")


@pytest.fixture
def fresh_host(lab_is_up: None) -> str:
    """A host as it was installed."""
    assert lab_is_up is None
    bench.lab("renew", bench.HOST)
    return bench.HOST
