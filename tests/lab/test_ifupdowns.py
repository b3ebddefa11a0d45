"""Programs that read /etc/network/interfaces in the place of Debian's ifupdown."""

from __future__ import annotations

from contextlib import closing

import pytest
from tests import stages
from tests.lab.test_files import console, params
from tests.lab.test_odd_hosts import FOUR, HOSTS, OddHost
from tests.matrix.course import FINE, as_promised, change, libvirtd, networking, reboot, undone

from runbook.common.errors import Refused
from runbook.lab import machine
from runbook.lab.names import RELEASES
from runbook.run import pipeline

# Two boots and five restarts, on a machine that does other work too.
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(1500)]
HOST, PLAIN = "server-01", "a plain NIC"
# Debian 11 has no ifupdown-ng.
WITH_NG = [release for release in RELEASES if release != "bullseye"]
# ifupdown2 writes it and removes it as it likes.
OWN = "ifupdown2_vrf_map.conf"


def instead(host: str, program: str, shape: OddHost | None) -> None:
    """Install a program in the place of ifupdown, and boot with it."""
    packages = "/usr/lib/runbook-lab-packages/$(. /etc/os-release; echo $VERSION_CODENAME)"
    said = console(
        host,
        "exec 2>&1; cp /etc/network/interfaces /root/interfaces"
        " && dpkg --purge --force-depends ifupdown"
        # Debian 13's ifupdown-ng is two packages.
        f" && dpkg --install --force-confold {packages}/{program}*/*.deb"
        " && cp /root/interfaces /etc/network/interfaces && systemctl enable networking"
        " && echo installed",
    )
    assert said.endswith(b"installed\n"), said.decode()
    if shape:
        shape.make(host)
        return
    machine.shut_down(host)
    machine.power_on(host)


def reload(host: str) -> None:
    """What ifupdown2 does where others restart networking; the others have no such program."""
    console(host, "ifreload -a")


@pytest.mark.parametrize(
    ("release", "program", "shape"),
    [
        *((release, "ifupdown2", shape) for release in RELEASES for shape in (PLAIN, FOUR)),
        *((release, "ifupdown-ng", PLAIN) for release in WITH_NG),
    ],
    indirect=["release"],
)
def test_another_program_keeps_the_bridge_through_boots_and_restarts(
    release: str, program: str, shape: str
) -> None:
    instead(HOST, program, HOSTS.get(shape))
    start, session = change(params(HOST))
    for deed in (reboot, networking, reload, libvirtd):
        deed(HOST)
        said = as_promised(session, start)
        assert said == FINE, (release, deed.__name__, said)
    said = undone(session, HOST, start)
    assert [line for line in said.splitlines() if OWN not in line] in ([], [FINE]), said


@pytest.mark.parametrize("release", WITH_NG, indirect=True)
@pytest.mark.usefixtures("release")
def test_an_address_that_ifupdown_ng_does_not_give_is_refused_with_its_stanza() -> None:
    instead(HOST, "ifupdown-ng", HOSTS[FOUR])
    session = pipeline.open_session(params(HOST))
    said = "`iface enp4s0f0:1 inet static` gives 172.16.1.77, and enp4s0f0 does not hold it"
    with closing(session.host), pytest.raises(Refused, match=said):
        stages.draft(session, pipeline.read(session))
