"""The lab as a whole: up, down, and what is up."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from runbook.common.errors import LabError
from runbook.lab import (
    access,
    cgroups,
    extra_packages,
    guest_managers,
    limits,
    machine,
    rootfs,
    shell,
    wiring,
)
from runbook.lab.hardware import NSPAWN, Hardware
from runbook.lab.names import CACHE, IN_USE, MOST_HOSTS, RELEASES, RUN, host_name

STATE = RUN / "lab.json"
LOCK = CACHE / "lock"
# Labs apart have a /run each.
PLACE = RUN.parent
# By which options of systemd-nspawn, systemd-socket-activate and dnsmasq ours are known, and by
# what word QEMU.
OURS = ("--directory", "--listen", "--pid-file")
OUR_MONITOR = f"unix:{RUN}/"
Say = Callable[[str], None]


class Lab(BaseModel):
    """What `up` made: the hosts' names, their release and how they get their addresses."""

    model_config = ConfigDict(frozen=True)

    hosts: tuple[str, ...]
    release: str
    addressing: str
    root: Path
    ipv6: str = "none"
    hardware: Hardware = NSPAWN


class NotRoot(LabError):
    """The caller is not root, which one line says."""

    def __init__(self) -> None:
        """Say it so that the next command can be copied from it."""
        super().__init__(
            "the lab needs root (network namespaces, mounts)",
            host="this machine",
            state="nothing was done",
            then="sudo runbook lab ...",
        )

    def __str__(self) -> str:
        """All of it."""
        return f"{self.what}: {self.then}; {self.state}"


def need_root() -> None:
    """Namespaces and mounts are root's business."""
    if os.geteuid() != 0:
        raise NotRoot


def current() -> Lab:
    """The lab that is up; raises LabError if none is."""
    try:
        return Lab.model_validate_json(STATE.read_text())
    except FileNotFoundError:
        raise LabError(
            "no lab is up", host="this machine", state="untouched", then="runbook lab up"
        ) from None


def known(host: str) -> Lab:
    """The lab, if it has that host."""
    lab = current()
    if host not in lab.hosts:
        raise LabError(
            f"the lab has no host {host}",
            host="this machine",
            state="untouched",
            then=f"name one of: {', '.join(lab.hosts)}",
        )
    return lab


def up(
    hosts: int,
    release: str,
    addressing: str,
    say: Say,
    ipv6: str = "none",
    *,
    hardware: Hardware = NSPAWN,
) -> Lab:
    """The lab as asked for; one that already is so is left alone."""
    need_root()
    if not 1 <= hosts <= MOST_HOSTS:
        raise shell.failed("up", f"{hosts} hosts", f"ask for 1 to {MOST_HOSTS}")
    names = tuple(host_name(number) for number in range(1, hosts + 1))
    with _alone_here(), ExitStack() as held:
        with locked():
            root = machine.KINDS[hardware.machine].root(release, say)
            wanted = Lab(
                hosts=names,
                release=release,
                addressing=addressing,
                root=root,
                ipv6=ipv6,
                hardware=hardware,
            )
            if _stands(wanted):
                access.open_doors(names)
                say(f"the lab is up already: {', '.join(names)}")
                return wanted
            _remove()
            # Only now does no host of this lab stand on any of them.
            _remove_old()
            held.enter_context(_in_use())
        # A boot can take minutes. Labs elsewhere do not wait for it.
        _build(wanted, say)
        return wanted


def build(say: Say, *, managers: bool = False, kernels: tuple[str, ...] = ()) -> None:
    """Each release's file system and packages, and the disk with all managers, where missing.

    `kernels`: the releases of which a disk with its own kernel is wanted too.
    """
    need_root()
    with locked():
        for release in RELEASES:
            extra_packages.build(release, rootfs.root_file_system(release, say), say)
        # `up` downloads none, so it removes none that a lab of another version has.
        _remove_old(extra_packages.remove_old)
        if managers:
            guest_managers.build(say)
        for release in kernels:
            machine.KINDS["qemu"].root(release, say)


def _remove_old(*more: Callable[[], None]) -> None:
    """Old file systems away, unless a lab stands: its mounts may be where we cannot see them."""
    with IN_USE.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        for kind in machine.KINDS.values():
            kind.remove_old()
        for remove in more:
            remove()


def _stands(lab: Lab) -> bool:
    try:
        return (
            current() == lab
            and wiring.stands()
            and all(map(machine.stands, lab.hosts))
            and (lab.addressing == "static" or wiring.serves_dhcp(RUN))
            and (lab.ipv6 != "slaac" or wiring.advertises(RUN))
        )
    except LabError:
        return False


def _build(lab: Lab, say: Say) -> None:
    limits.make_room(len(lab.hosts), say)
    RUN.mkdir(parents=True, exist_ok=True)
    wiring.build(RUN)
    public_key = access.make_key()
    if lab.addressing == "dhcp":
        wiring.serve_dhcp(list(lab.hosts), RUN)
    if lab.ipv6 == "slaac":
        wiring.advertise(RUN)
    for host in lab.hosts:
        _create(lab, host, public_key)
    access.write(lab.hosts)
    STATE.write_text(lab.model_dump_json())
    say(f"booting {', '.join(lab.hosts)} ({lab.release}, {lab.addressing}, IPv6 {lab.ipv6})")
    with ThreadPoolExecutor(max_workers=4) as pool:
        for host, seconds in zip(lab.hosts, pool.map(machine.power_on, lab.hosts), strict=True):
            say(f"{host} is up after {seconds:.1f} s")


def _create(lab: Lab, host: str, public_key: str) -> None:
    interfaces = machine.stanzas(host, lab.addressing, lab.ipv6)
    machine.create(host, lab.root, public_key, interfaces, lab.hardware)


def renew(host: str, release: str = "", say: Say = lambda _text: None) -> None:
    """The host as it was when the lab came up: a new disk, booted; its SSH key is new too.

    With a `release` it is a host of that one, whatever the others are.
    """
    lab = known(host)
    if release:
        root = machine.KINDS[lab.hardware.machine].root(release, say)
        lab = lab.model_copy(update={"release": release, "root": root})
    _create(lab, host, access.KEY.with_suffix(".pub").read_text())
    access.write(lab.hosts)
    wiring.forget(host)
    machine.power_on(host)


def down(say: Say) -> None:
    """Nothing of the lab is left but its cache."""
    need_root()
    with _alone_here():
        say("taking the lab down")
        _remove()


def _remove() -> None:
    """Work from what is there, not from what was written down: a crash may lie between."""
    # Hosts, doors and what dnsmasq serves, also those whose namespace has lost its name.
    started = [pid for pid, words in shell.command_lines().items() if any(map(_is_ours, words))]
    inits = [child for pid in started for child in shell.children(pid)]
    shell.kill([*inits, *started])
    wiring.remove(RUN)
    cgroups.remove_all()
    for point in shell.mounts_below(RUN):
        shell.quiet("umount", "--lazy", point)
    access.remove()
    shutil.rmtree(RUN, ignore_errors=True)


def _is_ours(word: str) -> bool:
    option, _, path = word.partition("=")
    ours = option in OURS and path.startswith(f"{RUN}/")
    return ours or word.startswith(OUR_MONITOR)


@contextmanager
def _alone_here() -> Iterator[None]:
    """One `up` or `down` of this lab at a time."""
    place = os.open(PLACE, os.O_RDONLY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        os.close(place)


@contextmanager
def locked() -> Iterator[None]:
    """One lab of this machine at a time builds or removes file systems: all share the cache."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with LOCK.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _in_use() -> Iterator[None]:
    """What is in the cache stays; from the first open door on, the door sees to it."""
    with IN_USE.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield
