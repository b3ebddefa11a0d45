"""A host whose stanzas cloud-init wrote: they are changed, and no boot writes them anew."""

from __future__ import annotations

import pytest
from tests.lab.course import Service, install, play
from tests.lab.test_files import console, params

from runbook.lab import machine

# Boots of a host with cloud-init, on a machine that does other work too.
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(1500)]
HOST, NIC = "server-01", "enp4s0f0"
SEED, WRITTEN = "/var/lib/cloud/seed/nocloud", "/etc/network/interfaces.d/50-cloud-init"
NETWORK = f"""\
version: 1
config:
- type: physical
  name: {NIC}
  subnets:
  - {{type: static, address: 172.16.1.1/16, gateway: 172.16.0.1}}
"""
LO = "source /etc/network/interfaces.d/*\nauto lo\niface lo inet loopback\n"
# All that cloud-init does here is of the network.
CONFIGURATION = """\
datasource_list: [NoCloud]
system_info: {network: {renderers: [eni]}}
cloud_init_modules: []
cloud_config_modules: []
cloud_final_modules: []
"""
PING = Service(
    "ping -c 1 -W 1 172.16.0.1 >/dev/null && ip -4 -o address show to 172.16.1.1 | wc -l"
)


def another_instance(host: str, name: str) -> None:
    """cloud-init writes the network's files at the first boot of each instance."""
    console(host, f"cat >{SEED}/meta-data", f"instance-id: {name}\n".encode())


def with_cloud_init(host: str) -> None:
    install(host, "cloud-init")
    console(host, f"mkdir -p {SEED}; echo '#cloud-config' >{SEED}/user-data")
    console(host, f"cat >{SEED}/network-config", NETWORK.encode())
    console(host, "cat >/etc/cloud/cloud.cfg.d/95-lab.cfg", CONFIGURATION.encode())
    console(host, "cat >/etc/network/interfaces", LO.encode())
    another_instance(host, "first")
    machine.shut_down(host)
    machine.power_on(host)
    assert f"iface {NIC} inet static".encode() in console(host, f"cat {WRITTEN}")


@pytest.mark.usefixtures("release")
def test_stanzas_that_cloud_init_wrote_stay_as_changed_through_boots_of_another_instance() -> None:
    with_cloud_init(HOST)
    before = console(HOST, f"cat {WRITTEN}")
    another_instance(HOST, "second")
    play(params(HOST), PING)
    assert console(HOST, f"cat {WRITTEN}") == before
    assert b"No such file" in console(HOST, "ls /etc/cloud/cloud.cfg.d/99-disable*")
