"""What starts at a boot as soon as the network is said to be there: the address comes later.

The plan has network-online.target wait for the bridge (`plan/changes/network_online.py`). What
needs the target then finds the address, unless libvirtd itself starts after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from runbook.plan.changes.network_online import REMOTE_S, TARGET, WAIT_S
from runbook.plan.routed.facts import addresses_on
from runbook.preflight.finding import Case, Finding, looked_for
from runbook.state.host.late_network import BoundSocket

ABOUT, CONSENT = "services at a boot", "late-network"
LATER = (
    "after the change the address comes with libvirtd, which may start later than these:"
    " at a boot they would find no network"
)
# They try again, or a timer starts them, or nothing is lost if they fail.
PATIENT = (
    *("apt-*", "unattended-upgrades.*", "fwupd*", "man-db.*", "motd-news.*", "certbot.*"),
    *("*wait-online*", "cloud-*", "packagekit*", "docker.*", "containerd.*", "libvirt*", "virt*"),
    *("e2scrub*", "dpkg-db-backup.*", "update-notifier*", "anacron.*", "popularity-contest.*"),
)
# sshd has a rule of its own. The change stops DHCP clients. The others bind to each address as
# it comes.
BINDS_ANEW = ("sshd", "dhclient", "dhcpcd", "ntpd", "named", "nmbd")


@looked_for(
    ABOUT, "no service waits for the network, and none binds to the host's address alone", LATER
)
def _late(case: Case) -> Iterator[Finding]:
    late = case.around.late
    waiting = [u for u in late.units if not any(fnmatchcase(u, p) for p in PATIENT)]
    if late.before_libvirt:
        yield _in_vain(case, late.before_libvirt, waiting)
    elif waiting:
        current = f"{', '.join(waiting)} wait for {TARGET}"
        then = f"; after the change {TARGET} waits for {case.params.bridge}, at most {WAIT_S} s"
        yield Finding("ok", ABOUT, current + then, LATER)
    bound = [socket for socket in late.sockets if socket.program not in BINDS_ANEW]
    ordered = () if late.before_libvirt else tuple(s for s in bound if s.waits)
    too_early = tuple(socket for socket in bound if socket not in ordered)
    if too_early:
        yield _bound(case, too_early)


def _in_vain(case: Case, first: tuple[str, ...], waiting: list[str]) -> Finding:
    """Nothing can wait for the bridge: libvirtd, which makes it, starts after these."""
    mounts = [unit for unit in first if unit.endswith(".mount")]
    units = [unit for unit in first if unit not in mounts]
    advice = []
    if mounts:
        advice.append(f"add nofail or x-systemd.automount to the options of {_listed(mounts)}")
    if units:
        advice.append(
            f"take {_listed(units)} out of the boot where nothing needs it (systemctl mask;"
            " rpc-statd-notify.service serves NFS version 3 alone), or have a timer start it"
        )
    others = [unit for unit in waiting if unit not in first]
    also = f"; {_listed(others)} find none either" if others else ""
    current = (
        f"{_listed(first)} start after {TARGET} and before libvirtd: they find no network{also},"
        f" and the boot waits up to {REMOTE_S + WAIT_S} s for {case.params.bridge} in vain"
    )
    return _consent(current, "; ".join(advice))


def _bound(case: Case, sockets: tuple[BoundSocket, ...]) -> Finding:
    several = len(addresses_on(case.snapshot, case.params.holder)) > 1
    address = "an address that moves" if several else str(case.params.ipv4.ip)
    current = f"{', '.join(map(str, sockets))} bind to {address} alone"
    units = sorted({socket.unit for socket in sockets if socket.unit})
    advice = "have them listen on all addresses, or set net.ipv4.ip_nonlocal_bind = 1 in sysctl.d"
    if units and not case.around.late.before_libvirt:
        first = f"[Unit] Wants={TARGET} After={TARGET}"
        advice = (
            f"have {_listed(units)} start later (systemctl edit {units[0]}): {first}; or {advice}"
        )
    return _consent(current, advice)


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names)


def _consent(current: str, then: str) -> Finding:
    then = f"{then}; then consent: [{CONSENT}]"
    return Finding("consent", ABOUT, current, LATER, then, CONSENT)


RULES = (_late,)
