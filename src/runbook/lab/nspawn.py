"""One host: a Debian system booted by systemd-nspawn, with a disk that outlives its power."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from runbook.lab import cgroups, extra_packages, guest_managers, shell, wiring
from runbook.lab.names import (
    NIC,
    OPERATOR,
    ROUTER_LAN,
    ROUTER_LAN6,
    address,
    address6,
    folder,
    namespace,
)
from runbook.lab.shell import failed

DISK_SIZE = "768M"
BOOT_S = 120.0
# systemd gives a service that does not end 90 s; libvirtd has been seen to take them.
SHUT_DOWN_S = 120.0
GONE_S = 20.0
# There while this machine's own process 1 is systemd (sd_booted(3)).
SYSTEMD = Path("/run/systemd/system")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# nspawn's own names for: cgroup v2 inside, and a /proc/sys/net that can be written.
NSPAWN_ENV = {
    "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1",
    "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network",
}
LOOPBACK = """\
auto lo
iface lo inet loopback

auto {nic}
"""
STANZAS = {
    "static": """\
iface {nic} inet static
    address {address}/16
    gateway {gateway}
""",
    "dhcp": "iface {nic} inet dhcp\n",
}
STANZAS6 = {
    "none": "",
    "static": """\

iface {nic} inet6 static
    address {address6}/64
    gateway {gateway6}
""",
    "slaac": "\niface {nic} inet6 auto\n",
}


def stanzas(host: str, addressing: str, ipv6: str) -> str:
    """The host's /etc/network/interfaces."""
    return (LOOPBACK + STANZAS[addressing] + STANZAS6[ipv6]).format(
        nic=NIC,
        address=address(host),
        gateway=ROUTER_LAN.split("/")[0],
        address6=address6(host, ipv6),
        gateway6=ROUTER_LAN6.split("/")[0],
    )


def create(host: str, root: Path, public_key: str, interfaces: str) -> None:
    """A new disk for the host, over the shared root file system."""
    destroy(host)
    place = folder(host)
    place.mkdir(parents=True)
    (place / "disk").mkdir()
    # In memory, and with an end: a test can fill it.
    shell.run("mount", "-t", "tmpfs", "-o", f"size={DISK_SIZE},mode=755", "lab", f"{place}/disk")
    for name in ("upper", "work"):
        (place / "disk" / name).mkdir()
    (place / "root").mkdir()
    layers = f"lowerdir={root},upperdir={place}/disk/upper,workdir={place}/disk/work"
    shell.run("mount", "-t", "overlay", "-o", layers, "lab", f"{place}/root")
    _personalise(host, place / "root", public_key, interfaces)


def _personalise(host: str, root: Path, public_key: str, interfaces: str) -> None:
    (root / "etc/network/interfaces").write_text(interfaces)
    (root / "etc/hostname").write_text(f"{host}\n")
    (root / "etc/hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {host}\n")
    (root / "etc/machine-id").write_text(f"{uuid.uuid4().hex}\n")
    keys = root / "root/.ssh/authorized_keys"
    keys.parent.mkdir(mode=0o700, exist_ok=True)
    keys.write_text(public_key)
    keys.chmod(0o600)
    key = root / "etc/ssh/ssh_host_ed25519_key"
    shell.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", host, "-f", str(key))


def host_key(host: str) -> str:
    """The host's public SSH key, type and base64."""
    path = folder(host) / "root/etc/ssh/ssh_host_ed25519_key.pub"
    return " ".join(path.read_text().split()[:2])


def power_on(host: str) -> float:
    """Boot with fresh network hardware; the seconds until the operator can log in."""
    if leader(host):
        raise failed(f"power-on {host}", "it is on already", f"runbook lab power-cut {host}")
    wiring.plug_in(host)
    began = time.monotonic()
    _start(host)
    while missing := _missing(host):
        if time.monotonic() - began > BOOT_S:
            why = f"not within {BOOT_S:.0f} s: {missing}"
            then = f"read {_console(host)}, then runbook lab down, and up again"
            raise failed(f"booting {host}", why, then)
        time.sleep(0.1)
    return time.monotonic() - began


def _start(host: str) -> None:
    nspawn = (
        *("systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit"),
        *(f"--network-namespace-path=/run/netns/{namespace(host)}", "--capability=all"),
        *("--link-journal=no", "--bind=/dev/net/tun", f"--machine={namespace(host)}"),
        *("--console=read-only", f"--directory={folder(host)}/root"),
        *(*guest_managers.binds(), *extra_packages.binds()),
    )
    if SYSTEMD.is_dir():
        setenv = [f"--setenv={name}={value}" for name, value in NSPAWN_ENV.items()]
        unit = (f"--unit={_unit(host)}", "--collect", "--property=Delegate=yes")
        says = [f"--property=Standard{s}=append:{_console(host)}" for s in ("Output", "Error")]
        shell.run("systemd-run", "--quiet", *unit, *says, *setenv, *nspawn)
        return
    with _console(host).open("ab") as console:
        subprocess.Popen(
            (*cgroups.entry(host), *nspawn),
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            start_new_session=True,
            env={**os.environ, **NSPAWN_ENV},
        )


def _missing(host: str) -> str:
    """What keeps the operator from logging in; empty when nothing does."""
    if not init(host):
        return "it has no power"
    state = run(host, ["systemctl", "is-system-running"]).stdout.decode().strip()
    if state not in ("running", "degraded"):
        return f"its systemd says: {state or 'nothing'}"
    # For a second or two the kernel makes sure that nobody else has the IPv6 address.
    if run(host, ["ip", "-6", "address", "show", "tentative"]).stdout.strip():
        return "its IPv6 address is still tentative"
    if not _autoconfigured(host):
        return "no router has told it of an IPv6 prefix"
    knock = ("nc", "-z", "-w", "1", address(host), "22")
    if not shell.quiet("ip", "netns", "exec", OPERATOR, *knock):
        return "its SSH port does not answer beyond the router"
    return ""


def _autoconfigured(host: str) -> bool:
    """Whether a host that waits for an IPv6 address by SLAAC has it; true for every other."""
    if b"inet6 auto" not in (folder(host) / "root/etc/network/interfaces").read_bytes():
        return True
    return bool(run(host, ["ip", "-6", "address", "show", "scope", "global"]).stdout.strip())


def _console(host: str) -> Path:
    return folder(host) / "console.log"


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
    clean = ("env", "-i", "--chdir=/", f"PATH={PATH}", "HOME=/root", "LANG=C.UTF-8")
    term = f"TERM={os.environ.get('TERM', 'dumb')}"
    return [*enter, "--cgroup", "--root", *clean, term, *argv]


def run(host: str, argv: Sequence[str], stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a command at the host's console and wait for it."""
    return subprocess.run(inside(host, argv), input=stdin, capture_output=True, check=False)


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
