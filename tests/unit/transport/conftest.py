from __future__ import annotations

from collections.abc import Iterator

import pytest

from runbook.transport import local
from runbook.transport.live import LiveHost


@pytest.fixture(scope="session", autouse=True)
def _in_memory_libvirt() -> Iterator[None]:
    """Libvirt's in-memory driver tells a network's definition only without this flag."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("libvirt.VIR_NETWORK_XML_INACTIVE", 0)
        yield


@pytest.fixture(scope="module")
def host() -> Iterator[LiveHost]:
    """This machine, through a real relay; libvirt is its in-memory test driver."""
    live = LiveHost("here", prefix=local(), libvirt_uri="test:///default")
    yield live
    live.close()
