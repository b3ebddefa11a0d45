"""Hosts of other shapes than one address on a NIC, on each release: nothing is lost on the way.

docs/hosts.md has the table of what these tests saw. `--junitxml=FILE` keeps the figures of a run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.lab.test_files import params
from tests.lab.test_odd_hosts import FOUR, HOSTS, ON_A_BRIDGE, POINT_TO_POINT
from tests.matrix.course import FINE, as_promised, change, libvirtd, networking, reboot, undone

from runbook.lab import lab as labs
from runbook.lab.names import RELEASES
from runbook.lab.probe import Outage, OutageProbe

# Two boots on a machine that does other work too.
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(1500)]
HOST, ADDRESS = "server-01", "172.16.1.1"
RATE, LONGEST_S = 200, 600


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest, lab: labs.Lab) -> Iterator[str]:
    """A host of each release."""
    name: str = request.param
    labs.up(1, name, "static", lambda _text: None)
    labs.renew(HOST)
    yield name
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)


@contextmanager
def nothing_lost(what: str, request: pytest.FixtureRequest) -> Iterator[None]:
    """Each probe from beyond the router has its answer within two seconds."""
    probe = OutageProbe(ADDRESS, rate=RATE, seconds=LONGEST_S)
    try:
        yield
    finally:
        seen: Outage = probe.stop()
    request.node.user_properties.append((what, seen))
    assert seen.lost == 0, (what, seen)


@pytest.mark.parametrize("shape", [FOUR, POINT_TO_POINT, ON_A_BRIDGE])
def test_a_shape_is_changed_and_undone_without_a_lost_ping_and_outlives_what_hosts_go_through(
    release: str, shape: str, request: pytest.FixtureRequest
) -> None:
    HOSTS[shape].make(HOST)
    asked = params(HOST).model_copy(update=dict(HOSTS[shape].asked))
    with nothing_lost(f"change on {release}", request):
        start, session = change(asked)
    for deed in (reboot, networking, libvirtd):
        deed(HOST)
        assert as_promised(session, start) == FINE, deed.__name__
    with nothing_lost(f"undo on {release}", request):
        assert undone(session, HOST, start) == FINE
