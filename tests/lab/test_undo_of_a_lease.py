"""An undo on a host whose lease would have ended soon: its client is late with renewing it.

The client is started anew, and asks for the lease again. Debian's dhclient then leaves the address
as it is: it gives it a new end at the next renewal only, which may be hours away.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.bench import thorough
from tests.lab.test_files import console, params
from tests.matrix.course import FINE, Start, change, undone

from runbook.lab import lab as labs
from runbook.lab import shell
from runbook.lab.names import ROUTER, RUN
from runbook.lab.wiring import DHCP_PID
from runbook.run.session import Session

pytestmark = [pytest.mark.timeout(600)]
HOST, NIC, ADDRESS = "server-01", "enp4s0f0", "172.16.1.1"
# What is left of it, and how long the lab's server lends.
LEFT_S, LENT_S = 90, 3600
CLIENT_S = 30.0
# Another server in place of the lab's: it does not know the host, and has other addresses.
ANOTHER = (
    *("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root"),
    *("--interface=lan", "--bind-interfaces", "--dhcp-authoritative", "--pid-file="),
    "--dhcp-range=172.16.200.1,172.16.200.50,255.255.0.0,12h",
)
OTHER_S = 60.0


@pytest.fixture(params=["bookworm", thorough("bullseye"), thorough("trixie")], autouse=True)
def release(request: pytest.FixtureRequest, lab: labs.Lab) -> Iterator[str]:
    labs.up(1, request.param, "dhcp", lambda _text: None)
    labs.renew(HOST)
    yield request.param
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)


@pytest.fixture
def another_server(release: str, tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Takes the place of the lab's when it is called."""
    assert release
    began = list[subprocess.Popen[bytes]]()

    def start() -> None:
        shell.kill([int((RUN / DHCP_PID).read_text())])
        told = f"--dhcp-leasefile={tmp_path}/leases"
        began.append(subprocess.Popen(("ip", "netns", "exec", ROUTER, *ANOTHER, told)))

    yield start
    for server in began:
        server.terminate()
        server.wait(10)


def held() -> dict[str, int]:
    """The NIC's addresses, each with the seconds until it goes."""
    (link,) = json.loads(console(HOST, f"ip -j -4 address show dev {NIC}"))
    return {one["local"]: int(one["valid_life_time"]) for one in link["addr_info"]}


def client_runs() -> bool:
    return bool(console(HOST, "pidof dhclient dhcpcd || :").strip())


def changed() -> tuple[Start, Session]:
    lifetime = f"valid_lft {LEFT_S} preferred_lft {LEFT_S}"
    console(HOST, f"ip address change {ADDRESS}/16 dev {NIC} {lifetime}")
    asked = params(HOST).model_copy(update={"bridge_mac": "nic"})
    done = change(asked)
    assert not client_runs()
    return done


# The comparison waits its time for the host to be as before.
@pytest.mark.thorough
def test_the_address_stays_although_the_server_lends_another(
    another_server: Callable[[], None],
) -> None:
    start, session = changed()
    another_server()
    # What the client is lent in the meantime is named as a difference.
    undone(session, HOST, start)
    shell.wait_for("the other address", lambda: len(held()) > 1, OTHER_S)
    assert held()[ADDRESS] > LENT_S


def test_the_address_does_not_end_before_the_client_s_next_renewal() -> None:
    start, session = changed()
    assert undone(session, HOST, start) == FINE
    shell.wait_for("the client", client_runs, CLIENT_S)
    assert held()[ADDRESS] > LENT_S / 2
