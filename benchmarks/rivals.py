"""What an operator would use instead, each as a script at the host's console.

`prepare` brings the host to where the change begins, with its address on the NIC; it is not
measured. `change` is. Addresses, names and the router are those of the lab.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from runbook.lab import extra_packages, machine, rootfs
from runbook.lab.names import CACHE

RELEASE = "bookworm"
PACKAGES = ("network-manager", "netplan.io", "ifupdown2", "bridge-utils")
FOLDER = CACHE / f"rivals-{RELEASE}"
NIC, BRIDGE, ADDRESS, GATEWAY = "enp4s0f0", "br0", "172.16.1.1/16", "172.16.0.1"
ON_THE_HOST = "/root/rival"

NETWORK = """\
cat >/root/net.xml <<X
<network><name>routed</name><forward mode='route'/>
<bridge name='{bridge}' stp='{stp}' delay='{delay}'/>
<ip address='172.16.1.1' prefix='16'/></network>
X
"""
BY_HAND = """\
ip addr del {address} dev {nic}
virsh -q net-define /root/net.xml
virsh -q net-start routed
ip link set {nic} master {bridge}
ip route add default via {gateway}
"""
NM_BEFORE = """\
printf 'auto lo\\niface lo inet loopback\\n' >/etc/network/interfaces
ip addr flush dev {nic}
systemctl restart NetworkManager
nmcli -w 30 connection add type ethernet ifname {nic} con-name nic \\
    ipv4.method manual ipv4.addresses {address} ipv4.gateway {gateway} ipv6.method ignore
nmcli -w 30 connection up nic
"""
NM = """\
nmcli connection add type bridge ifname {bridge} con-name {bridge} bridge.stp {stp_word} \\
    bridge.forward-delay 2 ipv4.method manual ipv4.addresses {address} ipv4.gateway {gateway} \\
    ipv6.method ignore
nmcli connection add type bridge-slave ifname {nic} con-name port master {bridge}
nmcli -w 30 connection up port
"""
# A lab host has no udev, and without udev netplan gives up before networkd has read its files. The
# stand-in does nothing and succeeds; networkd itself needs no udev there.
NETPLAN_BEFORE = """\
printf '#!/bin/sh\nexit 0\n' >/usr/local/sbin/udevadm
chmod 755 /usr/local/sbin/udevadm
ip addr flush dev {nic}
printf 'auto lo\\niface lo inet loopback\\n' >/etc/network/interfaces
cat >/etc/netplan/lab.yaml <<X
network:
  version: 2
  renderer: networkd
  ethernets: {{{nic}: {{addresses: [{address}], routes: [{{to: default, via: {gateway}}}]}}}}
X
chmod 600 /etc/netplan/lab.yaml
systemctl unmask systemd-networkd.service systemd-networkd.socket
systemctl enable --now systemd-networkd
netplan apply
"""
NETPLAN = """\
cat >/etc/netplan/lab.yaml <<X
network:
  version: 2
  renderer: networkd
  ethernets: {{{nic}: {{}}}}
  bridges:
    {bridge}:
      interfaces: [{nic}]
      addresses: [{address}]
      routes: [{{to: default, via: {gateway}}}]
      parameters: {{stp: {stp_bool}, forward-delay: 2}}
X
netplan apply
"""
STANZAS = """\
cat >/root/interfaces <<X
auto lo
iface lo inet loopback
auto {nic}
iface {nic} inet manual
auto {bridge}
iface {bridge} inet static
    address {address}
    gateway {gateway}
    bridge{sep}ports {nic}
    bridge{sep}stp {stp}
    bridge{sep}fd {delay}
X
"""
IFUPDOWN2 = "cp /root/interfaces /etc/network/interfaces; ifreload -a"
IFUPDOWN = "ifdown {nic}; cp /root/interfaces /etc/network/interfaces; ifup {nic}; ifup {bridge}"
PLAYBOOK = """\
- hosts: all
  gather_facts: false
  tasks:
    - copy: {{src: "{here}/{{{{ inventory_hostname }}}}", dest: /root/interfaces, mode: "0644"}}
    - shell: ifdown {nic}; cp /root/interfaces /etc/network/interfaces; ifup {nic}; ifup {bridge}
      async: 60
      poll: 0
    - wait_for_connection: {{delay: 1, timeout: 60}}
    - command: ip address show dev {bridge}
"""
INSTALL = "DEBIAN_FRONTEND=noninteractive dpkg --force-confold --install {debs}"
# It takes the place of ifupdown, whose files stay, and knows of nothing that ifupdown brought up.
INSTEAD = """\
cp /etc/network/interfaces /root/before
dpkg --purge --force-depends ifupdown
dpkg --install --force-confold {debs}
cp /root/before /etc/network/interfaces
systemctl enable networking
"""


@dataclass(frozen=True, slots=True)
class Rival:
    """A way to make the change; `ansible` runs a playbook from here."""

    name: str
    packages: tuple[str, ...] = ()
    prepare: str = ""
    change: str = ""
    ansible: bool = False


RIVALS = (
    Rival("by hand", (), NETWORK, BY_HAND),
    Rival("ifupdown, bridge-utils", ("bridge-utils",), STANZAS, IFUPDOWN),
    Rival("NetworkManager", ("network-manager",), NM_BEFORE, NM),
    Rival("networkd, netplan", ("netplan.io",), NETPLAN_BEFORE, NETPLAN),
    Rival("ifupdown2", ("ifupdown2",), STANZAS, IFUPDOWN2),
    Rival("Ansible playbook", ("bridge-utils",), STANZAS, "", ansible=True),
)


def fetch() -> None:
    """Download their packages, once. A lab apart has no network, so this runs outside of one."""
    if not FOLDER.is_dir():
        root = rootfs.root_file_system(RELEASE, print)
        extra_packages.fetch(PACKAGES, root, FOLDER)


def filled(text: str, rival: Rival, *, stp: bool, here: str = "", address: str = ADDRESS) -> str:
    """A script with the lab's names in it."""
    words = {"nic": NIC, "address": address, "gateway": GATEWAY, "here": here}
    words["bridge"] = "virbr1" if rival.name == "by hand" else BRIDGE
    # Bridge options of ifupdown2 and of bridge-utils differ in one character.
    words |= {"sep": "-" if rival.name == "ifupdown2" else "_"}
    words |= {"stp": "on" if stp else "off", "stp_word": "yes" if stp else "no"}
    words |= {"stp_bool": "true" if stp else "false", "delay": "2" if stp else "0"}
    return text.format(**words)


def install(host: str, rival: Rival) -> None:
    """Unpack and install its packages at the host's console."""
    # What a host has already, as bridge-utils, was not downloaded.
    debs = [deb for name in rival.packages for deb in sorted((FOLDER / name).glob("*.deb"))]
    for deb in debs:
        there = f"{ON_THE_HOST}-{deb.name}"
        done = machine.run(host, ("sh", "-c", f"cat >{there}"), deb.read_bytes())
        _check(done.returncode, done.stderr)
    if debs:
        script = INSTEAD if rival.name == "ifupdown2" else INSTALL
        done = machine.run(host, ("sh", "-ec", script.format(debs=f"{ON_THE_HOST}-*.deb")))
        _check(done.returncode, done.stderr)
    if rival.name == "ifupdown2":
        machine.shut_down(host)
        machine.power_on(host)


def at_console(host: str, script: str) -> int:
    """Run it; the exit status."""
    return machine.run(host, ("sh", "-c", script)).returncode


def ansible() -> Rival:
    """The one that is a playbook."""
    return next(rival for rival in RIVALS if rival.ansible)


def played(hosts: Sequence[str], folder: Path, *, stp: bool) -> tuple[str, ...]:
    """The command that plays the playbook on hosts that are prepared for it."""
    for host in hosts:
        (folder / host).write_bytes(machine.run(host, ("cat", "/root/interfaces")).stdout)
    play = folder / "play.yaml"
    play.write_text(filled(PLAYBOOK, ansible(), stp=stp, here=str(folder)))
    forks = ("-f", str(len(hosts)))
    return (str(playbook_program()), *forks, "-i", f"{','.join(hosts)},", str(play))


def playbook_program() -> str | None:
    """Where Ansible is, if it is installed on this machine."""
    return shutil.which("ansible-playbook")


def _check(status: int, said: bytes) -> None:
    if status:
        raise RuntimeError(said.decode(errors="replace")[-2000:])
