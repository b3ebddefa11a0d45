"""One host: a Debian system booted by systemd-nspawn, with a disk that outlives its power."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from runbook.common.errors import LabError
from runbook.lab import (
    booting,
    cgroups,
    extra_packages,
    guest_managers,
    host_files,
    rootfs,
    shell,
    wiring,
)
from runbook.lab.hardware import Hardware
from runbook.lab.names import folder, namespace
from runbook.lab.shell import failed

DISK_SIZE = "768M"
BOOT_S = 120.0
# systemd gives a service that does not end 90 s; libvirtd has been seen to take them.
SHUT_DOWN_S = 120.0
GONE_S = 20.0
# There while this machine's own process 1 is systemd (sd_booted(3)).
SYSTEMD = Path("/run/systemd/system")
# nspawn's own names for: cgroup v2 inside, and a /proc/sys/net that can be written.
NSPAWN_ENV = {
    "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1",
    "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network",
}
Say = Callable[[str], None]


def root(release: str, say: Say) -> Path:
    """The release's file system, built if it is not there."""
    return rootfs.root_file_system(release, say)


def remove_old() -> None:
    """File systems of recipes that are no more, while no lab is up."""
    rootfs.remove_old()


def create(host: str, base: Path, public_key: str, interfaces: str, hardware: Hardware) -> None:
    """A new disk for the host, over the shared root file system; its NIC is always the same."""
    del hardware
    destroy(host)
    place = folder(host)
    place.mkdir(parents=True)
    (place / "disk").mkdir()
    # In memory, and with an end: a test can fill it.
    shell.run("mount", "-t", "tmpfs", "-o", f"size={DISK_SIZE},mode=755", "lab", f"{place}/disk")
    for name in ("upper", "work"):
        (place / "disk" / name).mkdir()
    (place / "root").mkdir()
    layers = f"lowerdir={base},upperdir={place}/disk/upper,workdir={place}/disk/work"
    shell.run("mount", "-t", "overlay", "-o", layers, "lab", f"{place}/root")
    host_files.personalise(host, place / "root", public_key, interfaces)
    host_files.make_key(host, place / "root" / host_files.HOST_KEY)


def host_key(host: str) -> str:
    """The host's public SSH key, type and base64."""
    return host_files.public_half(folder(host) / "root" / host_files.HOST_KEY)


def power_on(host: str) -> float:
    """Boot with fresh network hardware; the seconds until the operator can log in."""
    if leader(host):
        raise failed(f"power-on {host}", "it is on already", f"runbook lab power-cut {host}")
    wiring.plug_in(host)
    began = time.monotonic()
    _start(host)
    booting.wait(host, partial(_missing, host), BOOT_S)
    return time.monotonic() - began


def _start(host: str) -> None:
    nspawn = (
        *("systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit"),
        *(f"--network-namespace-path=/run/netns/{namespace(host)}", "--capability=all"),
        *("--link-journal=no", "--bind=/dev/net/tun", f"--machine={namespace(host)}"),
        *("--console=read-only", "--resolv-conf=off", f"--directory={folder(host)}/root"),
        *(*guest_managers.binds(), *extra_packages.binds()),
    )
    if SYSTEMD.is_dir():
        setenv = [f"--setenv={name}={value}" for name, value in NSPAWN_ENV.items()]
        unit = (f"--unit={_unit(host)}", "--collect", "--property=Delegate=yes")
        says = [
            f"--property=Standard{s}=append:{booting.console(host)}" for s in ("Output", "Error")
        ]
        shell.run("systemd-run", "--quiet", *unit, *says, *setenv, *nspawn)
        return
    with booting.console(host).open("ab") as console:
        subprocess.Popen(
            (*cgroups.entry(host), *nspawn),
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            start_new_session=True,
            env={**os.environ, **NSPAWN_ENV},
        )


def _missing(host: str) -> str:
    try:
        return booting.missing(host, partial(run, host))
    except LabError:
        # Between two looks its first process may be there, and be another one a moment later.
        return "it has no power"


def leader(host: str) -> int:
    """The host's systemd-nspawn process; 0 when the power is off."""
    machine = f"--machine={namespace(host)}"
    lines = shell.command_lines().items()
    # systemd-run starts what it found in PATH, and by its whole path.
    found = [
        pid for pid, line in lines if Path(line[0]).name == "systemd-nspawn" and machine in line
    ]
    return next((pid for pid in sorted(found) if shell.alive(pid)), 0)


def init(host: str) -> int:
    """The host's process 1, as this machine numbers it; 0 when there is none."""
    waiting = [leader(host)] if leader(host) else []
    while waiting:
        pid = waiting.pop()
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        inner = next(line for line in status.splitlines() if line.startswith("NSpid")).split()
        if len(inner) > 2 and inner[-1] == "1":  # noqa: PLR2004 - the label, then one a namespace
            return pid
        waiting.extend(shell.children(pid))
    return 0


def inside(host: str, argv: Sequence[str]) -> list[str]:
    """The command that runs `argv` at the host's console, with no network needed."""
    process = init(host)
    if not process:
        raise failed(host, "it has no power", f"runbook lab power-on {host}")
    enter = ("nsenter", f"--target={process}", "--mount", "--uts", "--ipc", "--net", "--pid")
    # nsenter's own --wd is looked up before it enters: it would be this machine's folder.
    return [*enter, "--cgroup", "--root", *booting.clean_environment(), *argv]


def run(host: str, argv: Sequence[str], stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a command at the host's console and wait for it."""
    return booting.run(inside(host, argv), stdin)


def power_cut(host: str) -> None:
    """All of the host stops at this instant; its disk stays as it is."""
    pids = [pid for pid in (init(host), leader(host)) if pid]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    # Killing a PID namespace's process 1 ends everything in it.
    shell.wait_for(f"power-cut {host}", lambda: not any(map(shell.alive, pids)), GONE_S, pause=0.01)
    _unplug(host)


def shut_down(host: str) -> None:
    """An orderly end, as `systemctl poweroff` makes it."""
    run(host, ["systemctl", "poweroff"])
    shell.wait_for(f"shutting down {host}", lambda: not leader(host), SHUT_DOWN_S)
    _unplug(host)


def _unplug(host: str) -> None:
    # systemd takes its time to notice, and starts no second unit of the name until then.
    if SYSTEMD.is_dir():
        shell.wait_for(f"ending {_unit(host)}", lambda: _unit_gone(host), GONE_S)
    wiring.unplug(host)
    cgroups.remove(host)


def _unit(host: str) -> str:
    return f"runbook-lab-{host}.service"


def _unit_gone(host: str) -> bool:
    shown = ("systemctl", "show", "--property=LoadState", "--value", _unit(host))
    return shell.run(*shown).strip() == "not-found"


def destroy(host: str) -> None:
    """The host and its disk away."""
    power_cut(host)
    for point in shell.mounts_below(folder(host)):
        shell.run("umount", "--lazy", point)
    shell.run("rm", "-rf", "--one-file-system", str(folder(host)))


def stands(host: str) -> bool:
    """Whether the host has power, and its network is there."""
    return bool(init(host)) and namespace(host) in wiring.namespaces()


def set_cable(host: str, state: str) -> None:
    """Cut (`down`) or mend (`up`) the cable of its NIC."""
    wiring.set_cable(host, state)
