"""Hosts of other shapes than one address on a NIC, on each release: nothing is lost on the way.

docs/hosts.md has the table of what these tests saw.
"""

from __future__ import annotations

import pytest
from tests.lab.course import watched
from tests.lab.test_files import params
from tests.lab.test_odd_hosts import FOUR, HOSTS, ON_A_BRIDGE, PLAIN, POINT_TO_POINT
from tests.matrix.course import FINE, as_promised, change, libvirtd, networking, reboot, undone

# Two boots on a machine that does other work too.
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(1500)]
HOST, ADDRESS = "server-01", "172.16.1.1"
# So long that none of 200 pings a second would be lost.
LEAVES_MS = 5.0


@pytest.mark.parametrize("shape", [PLAIN, FOUR, POINT_TO_POINT, ON_A_BRIDGE])
def test_a_shape_is_changed_and_undone_without_a_lost_ping_and_outlives_what_hosts_go_through(
    release: str, shape: str, request: pytest.FixtureRequest
) -> None:
    HOSTS[shape].make(HOST)
    asked = params(HOST).model_copy(update=dict(HOSTS[shape].asked))
    with watched(f"{release}: change", request, [ADDRESS]) as changed:
        start, session = change(asked)
    for deed in (reboot, networking, libvirtd):
        with watched(f"{release}: {deed.__name__}", request, [ADDRESS]):
            deed(HOST)
            assert as_promised(session, start) == FINE, deed.__name__
    with watched(f"{release}: undo", request, [ADDRESS]) as back:
        assert undone(session, HOST, start) == FINE
    # While the NIC leaves the bridge, the kernel drops what comes in.
    assert all(outage.longest_gap_ms < LEAVES_MS for outage in (*changed, *back)), (changed, back)
