"""A host with DHCP has its name servers after each boot, whatever program writes resolv.conf."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.bench import thorough
from tests.lab.course import Service, install, play, with_consent
from tests.lab.test_files import console, params, refusal

from runbook.lab import lab as labs
from runbook.lab import machine

# Two boots and five restarts, on a machine that does other work too.
pytestmark = pytest.mark.timeout(900)
HOST, NIC, SERVER = "server-01", "enp4s0f0", "172.16.0.53"
# As if the lease named it.
LEASED = f"supersede domain-name-servers {SERVER};"
NAMES = Service("grep ^nameserver /etc/resolv.conf")


@pytest.fixture
def leased_host(lab: labs.Lab) -> Iterator[str]:
    """A host that asks for its address by DHCP, and hears of a name server."""
    labs.up(len(lab.hosts), lab.release, "dhcp", lambda _text: None)
    labs.renew(HOST)
    console(HOST, f"echo '{LEASED}' >>/etc/dhcp/dhclient.conf")
    yield HOST
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)


def reboot(host: str) -> None:
    machine.shut_down(host)
    machine.power_on(host)


@pytest.mark.parametrize("program", ["resolvconf", thorough("openresolv")])
def test_names_that_a_program_took_from_the_lease_are_kept_once_the_stanza_has_them(
    leased_host: str, program: str
) -> None:
    install(leased_host, program)
    # openresolv keeps a copy, and adds a newline to an empty one at each restart of networking.
    console(leased_host, "echo '# by the installer' >/etc/resolv.conf")
    reboot(leased_host)
    assert SERVER.encode() in NAMES.answer(leased_host)
    said = refusal(leased_host)
    line = f"dns-nameservers {SERVER}"
    assert f"made by {program} of the lease of {NIC}: {SERVER}" in said
    assert line in said
    console(leased_host, f"echo '    {line}' >>/etc/network/interfaces")
    play(with_consent(leased_host, "dhcp-reservation"), NAMES)


@pytest.mark.thorough
def test_a_plain_resolv_conf_stays_as_the_lease_left_it(leased_host: str) -> None:
    reboot(leased_host)
    assert SERVER.encode() in NAMES.answer(leased_host)
    play(with_consent(leased_host, "dhcp-reservation"), NAMES)


@pytest.mark.thorough
def test_servers_that_systemd_resolved_has_for_the_nic_alone_are_refused_and_kept_once_mended(
    fresh_host: str,
) -> None:
    install(fresh_host, "systemd-resolved")
    stub = "ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf"
    console(fresh_host, f"systemctl unmask systemd-resolved; {stub}")
    console(fresh_host, "systemctl enable --now systemd-resolved")
    # As a hook of a DHCP client or of ifupdown does it.
    console(fresh_host, f"resolvectl dns {NIC} {SERVER}")
    said = refusal(fresh_host)
    assert f"its servers are for {NIC} alone: {SERVER}" in said
    assert f"`DNS={SERVER}` into /etc/systemd/resolved.conf.d/lan.conf" in said
    conf = "/etc/systemd/resolved.conf.d"
    console(fresh_host, f"mkdir -p {conf}; printf '[Resolve]\\nDNS={SERVER}\\n' >{conf}/lan.conf")
    console(fresh_host, "systemctl restart systemd-resolved")
    play(params(fresh_host), Service("resolvectl dns | grep ^Global", ("systemd-resolved",)))


@pytest.mark.thorough
def test_names_follow_the_client_that_goes_on_on_the_bridge(leased_host: str) -> None:
    install(leased_host, "resolvconf")
    reboot(leased_host)
    assert SERVER.encode() in NAMES.answer(leased_host)
    keep = {"addressing": "keep", "bridge_mac": "nic"}
    play(params(leased_host).model_copy(update=keep), NAMES)
