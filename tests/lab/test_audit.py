"""`runbook audit` of a changed host: silent after a reboot, and it names each drift."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests import bench
from tests.lab import returning

from runbook.common.folders import outputs_folder
from runbook.lab import lab as labs
from runbook.lab import machine

HOST = "server-01"
HOOK = "/etc/libvirt/hooks/network.d/*runbook*"
STANZA = "/etc/network/interfaces"
BRIDGE = "auto virbr1\\niface virbr1 inet manual\\n bridge_ports enp4s0f0\\n"
LEASES = "/var/lib/dhcp/dhclient.enp4s0f0.leases"
LEASE = 'lease {\\n interface "enp4s0f0";\\n fixed-address 172.16.3.3;\\n}\\n'
REDEFINE = "virsh net-dumpxml --inactive routed >/run/routed.xml;"
WORST = {"harmless": 3, "less": 4, "off_the_lan": 5, "next_boot": 6}


@dataclass(frozen=True, slots=True)
class Made:
    """A drift made by hand: how, how it is taken back, and what an audit has to say."""

    name: str
    do: str
    undo: str
    severity: str
    says: str


def edited(path: str, sed: str) -> tuple[str, str]:
    """A file edited, and put back."""
    return f"cp -p {path} /run/kept; sed -i '{sed}' {path}", f"cat /run/kept >{path}"


MADE = (
    Made(
        "the default route is gone",
        "ip route add 10.99.0.0/16 via 172.16.0.1; ip route del default",
        "ip route add default via 172.16.0.1 dev virbr1; ip route del 10.99.0.0/16",
        "off_the_lan",
        "default route: nothing",
    ),
    Made(
        "another route",
        "ip route add 10.50.0.0/16 via 172.16.0.1",
        "ip route del 10.50.0.0/16",
        "harmless",
        "This route was not there",
    ),
    Made(
        "a stanza edited",
        *edited(STANZA, "s/^iface enp4s0f0 inet manual/iface enp4s0f0 inet dhcp/"),
        "next_boot",
        "ifup enp4s0f0: inet dhcp",
    ),
    Made(
        "a stanza of a bridge",
        f"cp -p {STANZA} /run/kept; printf '{BRIDGE}' >>{STANZA}",
        f"cat /run/kept >{STANZA}",
        "next_boot",
        "ifup virbr1: inet manual",
    ),
    Made(
        "the hook removed",
        f"mkdir /run/hook; mv {HOOK} /run/hook/",
        "mv /run/hook/* /etc/libvirt/hooks/network.d/",
        "next_boot",
        "hook of runbook: absent",
    ),
    Made(
        "STP off",
        "ip link set virbr1 type bridge stp_state 0",
        "ip link set virbr1 type bridge stp_state 1",
        "less",
        "virbr1 STP: off; promised: on",
    ),
    Made(
        "autostart off",
        "virsh net-autostart --disable routed",
        "virsh net-autostart routed",
        "next_boot",
        "network routed: not started",
    ),
    Made(
        "the network redefined",
        f"{REDEFINE} sed 's/172.16.1.1/172.16.1.2/' /run/routed.xml >/run/other.xml;"
        " virsh net-define /run/other.xml",
        "virsh net-define /run/routed.xml",
        "next_boot",
        "172.16.1.2/16",
    ),
    Made(
        "a kernel parameter",
        "sysctl -w net.ipv4.ip_forward=0",
        "sysctl -w net.ipv4.ip_forward=1",
        "less",
        "net.ipv4.ip_forward: 0; promised: 1",
    ),
    Made(
        "a file of sysctl.d",
        "echo net.ipv4.ip_forward=0 >/etc/sysctl.d/99-zz.conf",
        "rm /etc/sysctl.d/99-zz.conf",
        "less",
        "At the next boot: net.ipv4.ip_forward: 0",
    ),
    Made(
        "a firewall rule gone",
        "iptables -t nat -D LIBVIRT_PRT 1",
        "virsh net-destroy routed && virsh net-start routed; sleep 6",
        "less",
        "This firewall rule is gone",
    ),
    Made(
        "Docker's policy",
        "iptables -P FORWARD DROP",
        "iptables -P FORWARD ACCEPT",
        "less",
        "firewall rule",
    ),
    Made(
        "a second address",
        "ip address add 172.16.9.9/16 dev virbr1",
        "ip address del 172.16.9.9/16 dev virbr1",
        "harmless",
        "This address was not there",
    ),
    Made(
        "an address on the NIC",
        "ip address add 10.9.9.9/24 dev enp4s0f0",
        "ip address del 10.9.9.9/24 dev enp4s0f0",
        "less",
        "IPv4 on enp4s0f0: 10.9.9.9; promised: none",
    ),
    Made(
        "a unit disabled",
        "systemctl disable networking",
        "systemctl enable networking",
        "next_boot",
        "networking.service disabled; promised: enabled",
    ),
    Made(
        "a network manager enabled that leaves the NIC alone",
        "systemctl unmask systemd-networkd; systemctl enable systemd-networkd",
        "systemctl disable systemd-networkd; systemctl mask systemd-networkd",
        "less",
        "No promise is broken by it alone",
    ),
    Made(
        "a network manager enabled that takes the NIC",
        "systemctl unmask systemd-networkd; systemctl enable systemd-networkd;"
        " printf '[Match]\\nName=enp4s0f0\\n[Network]\\nDHCP=yes\\n'"
        " >/etc/systemd/network/10-lan.network",
        "systemctl disable systemd-networkd; systemctl mask systemd-networkd;"
        " rm /etc/systemd/network/10-lan.network",
        "next_boot",
        "systemd-networkd",
    ),
    Made(
        "another name server",
        "cp -p /etc/resolv.conf /run/kept; echo nameserver 9.9.9.9 >>/etc/resolv.conf",
        "cat /run/kept >/etc/resolv.conf",
        "less",
        "other name servers",
    ),
    Made(
        "a lease of a DHCP client",
        f"printf '{LEASE}' >{LEASES}",
        f"rm {LEASES}",
        "less",
        "DHCP on enp4s0f0",
    ),
    Made(
        "a policy rule",
        "ip rule add from 172.16.1.1 table 100",
        "ip rule del from 172.16.1.1 table 100",
        "less",
        "policy routing rule",
    ),
    Made(
        "nothing keeps the NIC's name",
        "mkdir /run/link; mv /etc/systemd/network/*.link /run/link/",
        "mv /run/link/*.link /etc/systemd/network/",
        "less",
        "Nothing keeps the name enp4s0f0",
    ),
    Made(
        "the NIC is called otherwise",
        "cat /etc/systemd/network/*.link >/run/kept;"
        " sed -i 's/^Name=.*/Name=lan0/' /etc/systemd/network/*.link",
        "sed -i s/^Name=.*/Name=enp4s0f0/ /etc/systemd/network/*.link",
        "next_boot",
        "enp4s0f0 is called lan0",
    ),
    Made(
        "nothing waits for the bridge",
        "mv /etc/systemd/system/wait-online-runbook-* /run/",
        "mv /run/wait-online-runbook-* /etc/systemd/system/",
        "less",
        "does not wait as promised",
    ),
)


def audit() -> tuple[int, dict[str, Any]]:
    done = returning.verb("audit", HOST, "--json")
    (told,) = (line for line in done.said.splitlines() if line.startswith("{"))
    return done.status, json.loads(told)


def records() -> set[str]:
    return {path.name for path in (outputs_folder() / HOST).iterdir()}


# A change, a boot, and two audits for each of some twenty drifts.
@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_it_is_silent_after_a_reboot_and_names_each_drift_made_by_hand(
    fresh_host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = bench.make_home(tmp_path)
    monkeypatch.setenv("RUNBOOK_HOME", str(home))
    status, told = audit()
    # Never changed: what a change would find, and no drift.
    assert (status, told["change_id"], told["differences"]) == (0, None, [])
    done = bench.papermill(home, "-p", "host", HOST)
    assert done.status == 0, done.said
    before = records()
    the_host_misses_a_record_that_was_removed(home)
    assert audit()[1]["differences"] == []
    machine.shut_down(fresh_host)
    machine.power_on(fresh_host)
    status, told = audit()
    assert (status, told["differences"], told["notes"]) == (0, [], [])
    assert records() == before
    missed = [wrong for made in MADE for wrong in wrongly_told(made)]
    assert not missed, "\n".join(missed)
    assert audit()[1]["differences"] == []
    assert len(records()) > len(before)
    verified = returning.verb("records", "verify", "--hosts")
    assert verified.status == 0, verified.said


@pytest.mark.thorough
def test_a_host_whose_client_was_on_the_nic_is_silent_after_a_reboot(
    lab: labs.Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Debian 13's dhcpcd has a link-local address of its own on the NIC until the next boot.
    labs.up(len(lab.hosts), "trixie", "dhcp", print)
    labs.renew(HOST)
    try:
        home = bench.make_home(tmp_path)
        monkeypatch.setenv("RUNBOOK_HOME", str(home))
        consents = "{consent: [bpdu, dhcp-reservation]}"
        done = bench.papermill(home, "-p", "host", HOST, "-y", consents)
        assert done.status == 0, done.said
        machine.power_cut(HOST)
        machine.power_on(HOST)
        status, told = audit()
        assert (status, told["differences"], told["notes"]) == (0, [], [])
    finally:
        labs.up(len(lab.hosts), lab.release, lab.addressing, print)
        labs.renew(HOST)


def the_host_misses_a_record_that_was_removed(home: Path) -> None:
    (change,) = (outputs_folder() / HOST).iterdir()
    assert returning.verb("records", "verify", "--hosts").status == 0
    change.rename(home / "aside")
    assert returning.verb("records", "verify").status == 0
    missed = returning.verb("records", "verify", "--hosts", "--host", HOST)
    assert missed.status == 4, missed.said
    assert f"altered: {HOST}/{change.name}: record.json: removed" in missed.said
    (home / "aside").rename(change)


def by_hand(commands: str) -> None:
    done = machine.run(HOST, ("sh", "-c", commands))
    assert done.returncode == 0, (commands, done.stdout + done.stderr)


def wrongly_told(made: Made) -> list[str]:
    by_hand(made.do)
    # The number of a record begins with its second, and the last one has to be known.
    time.sleep(1.1)
    status, told = audit()
    again = len(records())
    assert audit()[1]["differences"] == told["differences"]
    assert len(records()) == again, made.name
    by_hand(made.undo)
    found = [
        drift
        for drift in told["differences"]
        if made.says in drift["meaning"] and drift["severity"] == made.severity
    ]
    if (
        found
        and all(drift["then"] for drift in told["differences"])
        and status >= WORST[made.severity]
    ):
        return []
    shown = "\n".join(
        f"    {d['severity']} {d['table']} {d['key']}: {d['meaning']}" for d in told["differences"]
    )
    return [f"{made.name}: status {status}\n{shown}"]
