"""A host that boots its release's own kernel, emulated by QEMU.

The first power-on of a new disk goes on from a snapshot of the booted host (`golden`); every
later one boots from the disk.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from runbook.common.errors import LabError
from runbook.lab import host_files, shell
from runbook.lab.hardware import Hardware
from runbook.lab.names import folder
from runbook.lab.qemu import golden, image, process
from runbook.lab.qemu.command import Disk
from runbook.lab.qemu.golden import Golden
from runbook.lab.shell import failed

DISK_SIZE = "2G"
SHUT_DOWN_S, SETTLE_S = 300.0, 20.0
BUILDS = 3
Say = Callable[[str], None]


def root(release: str, say: Say) -> Path:
    """The release's image, built if it is not there; a mirror that fails once is asked again."""
    for _ in range(BUILDS - 1):
        try:
            return image.image(release, say)
        except LabError as error:
            say(f"{error.what.splitlines()[-1]}: building it once more")
    return image.image(release, say)


def remove_old() -> None:
    """Images of recipes that are no more, with their snapshots, while no lab is up."""
    image.remove_old()


def create(host: str, base: Path, public_key: str, interfaces: str, hardware: Hardware) -> None:
    """A place for the host's disk, which its first power-on makes."""
    destroy(host)
    place = folder(host)
    (place / "disk").mkdir(parents=True)
    # In memory, as the disk of an nspawn host, and with an end.
    shell.run("mount", "-t", "tmpfs", "-o", f"size={DISK_SIZE},mode=755", "lab", f"{place}/disk")
    (place / "authorized_keys").write_text(public_key)
    wanted = Golden(host=host, image=base, interfaces=interfaces, hardware=hardware)
    (place / "golden.json").write_text(wanted.model_dump_json())
    golden.need_key(wanted)


def host_key(host: str) -> str:
    """The host's public SSH key, type and base64."""
    return host_files.public_half(_golden(host).key)


def _golden(host: str) -> Golden:
    return Golden.model_validate_json((folder(host) / "golden.json").read_text())


def power_on(host: str) -> float:
    """Boot it, or go on from the snapshot; the seconds until the operator can log in."""
    if leader(host):
        raise failed(f"power-on {host}", "it is on already", f"runbook lab power-cut {host}")
    wanted, own = _golden(host), _disk(host)
    began = time.monotonic()
    if own.path.exists():
        process.start(wanted, own)
        process.wait_until_up(host)
        return time.monotonic() - began
    with golden.locked(wanted):
        if not wanted.state.exists():
            _take(wanted)
    began = time.monotonic()
    _continue(wanted, own)
    return time.monotonic() - began


def _take(wanted: Golden) -> None:
    """Boot the host once, and keep it as it is then."""
    golden.make_disk(wanted)
    process.start(wanted, wanted.disk)
    process.wait_until_up(wanted.host)
    # What its services still do after the boot, each host would do that goes on from here.
    time.sleep(SETTLE_S)
    half = wanted.state.with_suffix(".half")
    process.save(wanted.host, half)
    half.rename(wanted.state)


def _continue(golden: Golden, own: Disk) -> None:
    host = golden.host
    below = golden.disk
    options = ("-q", "-f", own.format, "-F", below.format, "-b", str(below.path))
    shell.run("qemu-img", "create", *options, str(own.path))
    process.start(golden, own, golden.state)
    process.go_on(host)
    # Its clock stands where the snapshot was taken, and the key is that of an earlier lab.
    _at_console(host, ["date", "--set", f"@{time.time():.3f}"])
    keys = f"cat >/{host_files.AUTHORIZED_KEYS}"
    _at_console(host, ["sh", "-c", keys], (folder(host) / "authorized_keys").read_bytes())
    process.wait_until_up(host)


def _at_console(host: str, argv: Sequence[str], stdin: bytes = b"") -> None:
    done = process.run(host, argv, stdin)
    if done.returncode != 0:
        raise failed(f"{host}: {argv[0]}", done.stderr.decode(errors="replace").strip())


def _disk(host: str) -> Disk:
    return Disk(folder(host) / "disk" / "disk.qcow2", "qcow2")


def leader(host: str) -> int:
    """The host's QEMU process; 0 when the power is off."""
    return process.leader(host)


def init(host: str) -> int:
    """The same: all of the host ends with it."""
    return leader(host)


def stands(host: str) -> bool:
    """Whether the host has power; its ports are QEMU's own."""
    return bool(leader(host))


def inside(host: str, argv: Sequence[str]) -> list[str]:
    """The command that runs `argv` through the agent in the host."""
    return process.at_console(host, argv)


def power_cut(host: str) -> None:
    """All of the host stops at this instant; what it had not written to its disk is lost."""
    process.cut(host)


def shut_down(host: str) -> None:
    """An orderly end, as `systemctl poweroff` makes it."""
    process.run(host, ["systemctl", "poweroff"])
    shell.wait_for(f"shutting down {host}", lambda: not leader(host), SHUT_DOWN_S)
    process.unplug(host)


def destroy(host: str) -> None:
    """The host and its disk away; its snapshot stays in the cache."""
    power_cut(host)
    for point in shell.mounts_below(folder(host)):
        shell.run("umount", "--lazy", point)
    shell.run("rm", "-rf", "--one-file-system", str(folder(host)))


def set_cable(host: str, state: str) -> None:
    """Cut (`down`) or mend (`up`) the cables of its NICs."""
    for number in range(_golden(host).hardware.nics):
        process.set_link(host, number, up=state == "up")
