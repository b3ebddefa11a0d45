"""A host that systemd-networkd configures is refused, and the way out that is told leads on."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing

import pytest
from tests.lab.test_files import INTERFACES, NIC, console, params, ready
from tests.lab.test_odd_hosts import LO, STATIC
from tests.matrix.course import FINE, as_promised, change, reboot, undone

from runbook.common.errors import Refused
from runbook.lab import lab as labs
from runbook.lab import machine
from runbook.lab.names import RELEASES
from runbook.run import pipeline

# Boots of a host, on a machine that does other work too.
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(1500)]
HOST, FILE = "server-01", "/etc/systemd/network/10-lan.network"
# By addressing: what networkd's file says, and the stanza that takes its place.
BY_NETWORKD = {
    "static": "Address=172.16.1.1/16\nGateway=172.16.0.1\n",
    "dhcp": "DHCP=ipv4\n[DHCPv4]\nClientIdentifier=mac\n",
}
STANZA = {"static": STATIC, "dhcp": f"iface {NIC} inet dhcp\n"}
# The lab's hosts have networkd masked.
HAND_OVER = (
    "systemctl disable networking; systemctl unmask systemd-networkd;"
    " systemctl enable systemd-networkd"
)
# The steps of the refusal, as a person types them.
STEPS = f"systemctl enable networking && mv {FILE} /root/"


@pytest.fixture(params=itertools.product(RELEASES, BY_NETWORKD), ids="-".join)
def addressing(request: pytest.FixtureRequest, lab: labs.Lab) -> Iterator[str]:
    """A host of each release that networkd configures from its boot on, and how."""
    release, name = request.param
    labs.up(1, release, name, lambda _text: None)
    labs.renew(HOST)
    console(HOST, f"cat >{FILE}", f"[Match]\nName={NIC}\n[Network]\n{BY_NETWORKD[name]}".encode())
    console(HOST, f"cat >{INTERFACES}", LO.encode())
    console(HOST, HAND_OVER)
    reboot(HOST)
    yield name
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)
    labs.renew(HOST)


def test_the_way_out_of_the_refusal_keeps_the_host_and_leads_to_the_change(addressing: str) -> None:
    consent = ("bpdu", "dhcp-reservation") if addressing == "dhcp" else ("bpdu",)
    asked = params(HOST).model_copy(update={"consent": consent})
    session = pipeline.open_session(asked)
    with closing(session.host), pytest.raises(Refused) as refused:
        ready(session)
    assert f"systemd-networkd configures {NIC}: {FILE}" in refused.value.what
    assert "no `--now`" in refused.value.then
    console(HOST, f"cat >>{INTERFACES}", f"auto {NIC}\n{STANZA[addressing]}".encode())
    done = machine.run(HOST, ["sh", "-c", STEPS])
    assert done.returncode == 0, done.stderr.decode()
    # The reboot is over only once the operator can log in.
    reboot(HOST)
    start, changed = change(asked)
    reboot(HOST)
    assert as_promised(changed, start) == FINE
    assert undone(changed, HOST, start) == FINE
