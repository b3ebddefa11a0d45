"""`runbook lab ...`: the lab's verbs."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from ipaddress import IPv4Address, IPv4Interface
from typing import Any

import click

from runbook.lab import guest as guests
from runbook.lab import guest_lent, machine
from runbook.lab import lab as labs
from runbook.lab.guest_managers import MANAGERS
from runbook.lab.hardware import MACHINES, MOST_NICS, NIC_MODELS, NSPAWN, Hardware
from runbook.lab.names import GUEST_PASSWORD, GUEST_USER, IPV6, OPERATOR, RELEASES, ROUTER, address
from runbook.lab.probe import OutageProbe

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
COMMAND = click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
HOST = click.argument("host")


@click.group()
def lab() -> None:
    """A LAN of real Debian systems on this machine, to try things on."""


@lab.command()
@click.option("--hosts", default=2, show_default=True, help="How many: server-01, server-02, ...")
@click.option("--release", type=click.Choice(RELEASES), default="bookworm", show_default=True)
@click.option(
    "--addressing", type=click.Choice(["static", "dhcp"]), default="static", show_default=True
)
@click.option("--ipv6", type=click.Choice(IPV6), default="none", show_default=True)
@click.option(
    "--machine",
    "kind",
    type=click.Choice(MACHINES),
    default=NSPAWN.machine,
    show_default=True,
    help="qemu: each host boots its release's own kernel, emulated in software.",
)
@click.option(
    "--nic-model",
    type=click.Choice(list(NIC_MODELS)),
    default=NSPAWN.nic_model,
    show_default=True,
    help="For --machine qemu.",
)
@click.option(
    "--nics",
    type=click.IntRange(1, MOST_NICS),
    default=NSPAWN.nics,
    show_default=True,
    help="For --machine qemu; the first has the address.",
)
@AS_JSON
def up(  # noqa: PLR0913 - one for each word of the command
    *,
    hosts: int,
    release: str,
    addressing: str,
    ipv6: str,
    kind: str,
    nic_model: str,
    nics: int,
    as_json: bool,
) -> None:
    """Bring the lab up, or leave it as it is if it is so already."""
    hardware = Hardware(machine=kind, nic_model=nic_model, nics=nics) if kind == "qemu" else NSPAWN
    made = labs.up(hosts, release, addressing, _say, ipv6, hardware=hardware)
    _report(made.model_dump(mode="json"), as_json=as_json)


@lab.command()
@click.option(
    "--guests",
    "which",
    type=click.Choice(["usual", "all"]),
    default="usual",
    show_default=True,
    help="all: also the disk of Debian guests with every network manager.",
)
@click.option(
    "--kernel",
    "kernels",
    multiple=True,
    type=click.Choice(RELEASES),
    help="Also the disk of this release with its own kernel, for `up --machine qemu`.",
)
def build(which: str, kernels: tuple[str, ...]) -> None:
    """Build every release's root file system that is not there yet; up does so for its own."""
    labs.build(_say, managers=which == "all", kernels=kernels)


@lab.command()
def down() -> None:
    """Take the lab down; only its cache stays."""
    labs.down(_say)


@lab.command()
@AS_JSON
def status(*, as_json: bool) -> None:
    """Say what is up."""
    labs.need_root()
    made = labs.current()
    power = {host: "on" if machine.init(host) else "off" for host in made.hosts}
    rows = [{"host": h, "address": address(h), "power": power[h]} for h in made.hosts]
    how = {
        "machine": made.hardware.machine,
        "release": made.release,
        "addressing": made.addressing,
        "ipv6": made.ipv6,
    }
    told = {**how, "hosts": rows}
    _report(told, as_json=as_json)


@lab.command(name="exec", context_settings={"ignore_unknown_options": True})
@HOST
@COMMAND
def execute(host: str, command: tuple[str, ...]) -> None:
    """Run COMMAND at the console of HOST; no network is needed for it."""
    labs.need_root()
    labs.known(host)
    sys.exit(subprocess.run(machine.inside(host, command), check=False).returncode)


@lab.command(context_settings={"ignore_unknown_options": True})
@COMMAND
def router(command: tuple[str, ...]) -> None:
    """Run COMMAND on the router."""
    _in_namespace(ROUTER, command)


@lab.command(context_settings={"ignore_unknown_options": True})
@COMMAND
def operator(command: tuple[str, ...]) -> None:
    """Run COMMAND at the operator's place, beyond the router."""
    _in_namespace(OPERATOR, command)


@lab.command("power-cut")
@HOST
def power_cut(host: str) -> None:
    """Cut the power of HOST, at once."""
    _on(host)
    machine.power_cut(host)


@lab.command("power-on")
@HOST
def power_on(host: str) -> None:
    """Boot HOST from its disk, with its network hardware as new."""
    _on(host)
    _say(f"{host} is up after {machine.power_on(host):.1f} s")


@lab.command()
@HOST
def reboot(host: str) -> None:
    """Shut HOST down in order, then boot it."""
    _on(host)
    machine.shut_down(host)
    _say(f"{host} is up after {machine.power_on(host):.1f} s")


@lab.command()
@HOST
@click.option("--release", type=click.Choice(RELEASES), help="If it is to be another one.")
def renew(host: str, release: str | None) -> None:
    """Give HOST a new disk, as when the lab came up, and boot it."""
    _on(host)
    labs.renew(host, release or "", _say)


@lab.command()
@HOST
def cut(host: str) -> None:
    """Cut the network cable of HOST."""
    _on(host)
    machine.set_cable(host, "down")


@lab.command()
@HOST
def mend(host: str) -> None:
    """Mend the network cable of HOST."""
    _on(host)
    machine.set_cable(host, "up")


@lab.group()
def guest() -> None:
    """Virtual machines on a host."""


@guest.command()
@HOST
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(guests.KINDS),
    default="quick",
    show_default=True,
    help="A busybox that boots in seconds, or Debian with ifupdown and a guest agent.",
)
@click.option(
    "--network", default="default", show_default=True, help="libvirt's name: default, routed."
)
@click.option("--address", type=IPv4Interface, help="With prefix length: 192.168.122.50/24.")
@click.option("--gateway", type=IPv4Address, help="The network's own where left out.")
@click.option(
    "--console",
    type=click.Choice(guests.CONSOLES["quick"]),
    default="login",
    show_default=True,
    help=f"What its serial line offers; {GUEST_USER}'s password is {GUEST_PASSWORD}.",
)
@click.option(
    "--manager",
    type=click.Choice(MANAGERS),
    default=MANAGERS[0],
    show_default=True,
    help="What has a Debian guest's NIC; after `runbook lab build --guests all`.",
)
@click.option("--dhcp", is_flag=True, help="A Debian guest asks libvirt's network for --address.")
def add(  # noqa: PLR0913 - one for each word of the command
    *,
    host: str,
    name: str,
    kind: str,
    network: str,
    address: IPv4Interface | None,
    gateway: IPv4Address | None,
    console: str,
    manager: str,
    dhcp: bool,
) -> None:
    """Start guest NAME on HOST, now and at every boot; wait until it answers."""
    _on(host)
    usual = guests.free_place(host, network, guests.listed(host), guest_lent.leased(host, network))
    at = (address or usual[0], gateway or usual[1])
    wanted = guests.Guest(
        name, network, *at, kind=kind, console=console, manager=manager, dhcp=dhcp
    )
    seconds = guests.add(host, wanted)
    _say(f"{kind} guest {name} of {host} answers at {wanted.address.ip} after {seconds:.1f} s")


@guest.command(name="list")
@HOST
@AS_JSON
def list_guests(host: str, *, as_json: bool) -> None:
    """Say which guests HOST has; an address is the one that its guest was added with."""
    _on(host)
    _report({"guests": [asdict(each) for each in guests.listed(host)]}, as_json=as_json)


@guest.command()
@HOST
@click.argument("name")
def remove(host: str, name: str) -> None:
    """Stop guest NAME of HOST at once, and forget it and its disk."""
    _on(host)
    guests.remove(host, name)


@lab.command()
@click.argument("address_to_probe", metavar="ADDRESS")
@click.option("--rate", default=1000, show_default=True, help="Probes a second.")
@click.option("--seconds", default=5.0, show_default=True, help="For how long.")
@AS_JSON
def probe(address_to_probe: str, rate: int, seconds: float, *, as_json: bool) -> None:
    """Ping ADDRESS from beyond the router; say what was lost and for how long."""
    labs.need_root()
    labs.current()
    _report(
        asdict(OutageProbe(address_to_probe, rate=rate, seconds=seconds).result()), as_json=as_json
    )


def _on(host: str) -> None:
    labs.need_root()
    labs.known(host)


def _in_namespace(name: str, command: tuple[str, ...]) -> None:
    labs.need_root()
    labs.current()
    argv = ("ip", "netns", "exec", name, *command)
    sys.exit(subprocess.run(argv, check=False).returncode)


def _say(text: str) -> None:
    click.echo(f"lab: {text}", err=True)


def _report(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(told))
        return
    for name, value in told.items():
        rows = value if isinstance(value, list) else [value]
        shown = ("  ".join(map(str, r.values())) if isinstance(r, dict) else str(r) for r in rows)
        click.echo(f"{name}: " + "\n  ".join(["", *shown] if isinstance(value, list) else shown))
