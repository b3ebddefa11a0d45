"""`addressing: keep`: the host's own DHCP client renews its lease on the bridge.

Seen from beyond the router no ping is lost, and the DHCP server sees the same client as before: by
the MAC, and by the identifier (DUID) that is in the lease file of dhclient.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.bench import thorough
from tests.lab.course import watched
from tests.lab.test_files import console, params
from tests.lab.test_shapes import LEAVES_MS
from tests.matrix.course import FINE, as_promised, change, libvirtd, networking, reboot, undone

from runbook.lab import lab as labs
from runbook.plan.changes.bridge_client import unit_name

# Two boots on a machine that does other work too.
pytestmark = [pytest.mark.timeout(1500)]
HOST, NIC, BRIDGE = "server-01", "enp4s0f0", "virbr1"
ADDRESS = "172.16.1.1"
DUID = (
    "cat /var/lib/dhcp/*.leases /var/lib/dhcpcd/duid 2>/dev/null | grep -o -e 'duid.*' -e '^..:.*'"
)


@pytest.fixture(params=["bookworm", thorough("bullseye"), thorough("trixie")])
def release(request: pytest.FixtureRequest, lab: labs.Lab) -> Iterator[str]:
    """A host of each release whose address is a lease."""
    name: str = request.param
    labs.up(1, name, "dhcp", lambda _text: None)
    labs.renew(HOST)
    yield name
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)


def identifiers() -> list[bytes]:
    return sorted(set(console(HOST, DUID).splitlines()))


def renewed(_host: str) -> None:
    """The client asks the server anew, as it does after half of the lease."""
    console(HOST, f"systemctl restart {unit_name('routed')}")


def test_a_client_goes_on_on_the_bridge_and_the_server_knows_it_as_before(
    release: str, request: pytest.FixtureRequest
) -> None:
    asked = params(HOST).model_copy(update={"bridge_mac": "nic", "addressing": "keep"})
    known = identifiers()
    assert known
    with watched(f"{release}: change", request, [ADDRESS]) as changed:
        start, session = change(asked)
    for deed in (reboot, networking, libvirtd, renewed):
        with watched(f"{release}: {deed.__name__}", request, [ADDRESS]):
            deed(HOST)
            assert as_promised(session, start) == FINE, deed.__name__
        assert identifiers() == known
    assert BRIDGE.encode() in console(HOST, f"systemctl show -p ExecStart {unit_name('routed')}")
    with watched(f"{release}: undo", request, [ADDRESS]) as back:
        assert undone(session, HOST, start) == FINE
    # Of 1,000 a second: none of 200 a second would be lost.
    assert all(outage.longest_gap_ms < LEAVES_MS for outage in (*changed, *back)), (changed, back)
    assert identifiers() == known
