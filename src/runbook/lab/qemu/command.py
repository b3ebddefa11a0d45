"""The command line of QEMU for a host. A snapshot is continued with the same devices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runbook.lab.hardware import NIC_MODELS, Hardware
from runbook.lab.names import folder, namespace, nic_mac, tap

PROGRAM = "qemu-system-x86_64"
# With two, QEMU 7.2 runs an instruction now and then that the other one has patched meanwhile, and
# the kernel panics ("Oops: int3"). With two in turn a frame waits up to a second.
MEMORY_MB, PROCESSORS = 1024, 1
KERNEL_WORDS = "root=/dev/vda rw console=ttyS0 quiet systemd.show_status=0"


@dataclass(frozen=True, slots=True)
class Disk:
    """A file with a disk in it, and its format in QEMU's words."""

    path: Path
    format: str


def monitor_socket(host: str) -> Path:
    """Where QEMU listens for commands."""
    return folder(host) / "monitor"


def agent_socket(host: str) -> Path:
    """Where the agent in the host is reached."""
    return folder(host) / "agent"


def words(
    host: str, hardware: Hardware, image: Path, disk: Disk, state: Path | None = None
) -> list[str]:
    """The command; with `state`, the machine goes on from there, and stands still until `cont`."""
    drive = f"file={disk.path},format={disk.format},if=none,id=disk"
    incoming = ("-incoming", f"exec:cat {state}") if state else ()
    return [
        *(PROGRAM, "-name", f"guest={namespace(host)}", "-nodefaults", "-display", "none"),
        # Never by KVM: a machine without it has to show the same.
        *("-machine", "q35", "-cpu", "max", "-accel", "tcg"),
        *("-smp", str(PROCESSORS), "-m", str(MEMORY_MB)),
        *("-kernel", f"{image}/vmlinuz", "-initrd", f"{image}/initrd.img", "-append", KERNEL_WORDS),
        *("-drive", drive, "-device", "virtio-blk-pci,drive=disk,addr=2"),
        *("-object", "rng-random,id=random,filename=/dev/urandom"),
        *("-device", "virtio-rng-pci,rng=random,addr=3"),
        *("-chardev", f"file,id=console,path={folder(host)}/console.log,append=on"),
        *("-serial", "chardev:console"),
        *("-chardev", f"socket,id=agent,path={agent_socket(host)},server=on,wait=off"),
        *("-device", "virtio-serial-pci,addr=4"),
        *("-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0"),
        *("-qmp", f"unix:{monitor_socket(host)},server=on,wait=off"),
        *_nics(host, hardware),
        *incoming,
    ]


def _nics(host: str, hardware: Hardware) -> Iterator[str]:
    """One card with a function for each NIC, as a card with several ports is."""
    yield from ("-device", "pcie-root-port,id=card,chassis=1,addr=5")
    model = NIC_MODELS[hardware.nic_model]
    for number in range(hardware.nics):
        net = f"tap,id=net{number},ifname={tap(host, number)},script=no,downscript=no"
        place = f"id=nic{number},bus=card,addr=0.{number},multifunction=on"
        # Nothing boots from the network here.
        device = f"{model},netdev=net{number},mac={nic_mac(host, number)},{place},romfile="
        yield from ("-netdev", net, "-device", device)
