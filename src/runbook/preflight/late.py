"""What starts at a boot as soon as the network is said to be there: after the change it is not."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from runbook.preflight.finding import Case, Finding, looked_for

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


@looked_for(ABOUT, "none waits for the network, and none binds to the address alone", LATER)
def _late(case: Case) -> Iterator[Finding]:
    late, address = case.around.late, case.params.ipv4.ip
    waiting = [u for u in late.units if not any(fnmatchcase(u, p) for p in PATIENT)]
    mounts = [unit for unit in waiting if unit.endswith(".mount")]
    units = [unit for unit in waiting if unit not in mounts]
    if units:
        first = "[Unit] After=libvirtd.service [Service] Restart=on-failure RestartSec=5"
        then = f"give each a drop-in (systemctl edit {units[0]}): {first}"
        yield _consent(f"{', '.join(units)} wait for network-online.target", then)
    if mounts:
        then = "add x-systemd.automount to their options in /etc/fstab"
        yield _consent(f"{', '.join(mounts)} wait for network-online.target", then)
    bound = [socket for socket in late.sockets if socket.split()[0] not in BINDS_ANEW]
    if bound:
        shown = f"{', '.join(bound)} bind to {address} alone"
        then = "have them listen on all addresses, or set net.ipv4.ip_nonlocal_bind = 1 in sysctl.d"
        yield _consent(shown, then)


def _consent(shown: str, then: str) -> Finding:
    then = f"{then}; then consent: [{CONSENT}]"
    return Finding("consent", ABOUT, shown, LATER, then, CONSENT)


RULES = (_late,)
