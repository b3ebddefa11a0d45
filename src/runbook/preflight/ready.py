"""What the change and its undo need of the host besides its network."""

from __future__ import annotations

from collections.abc import Iterator

from runbook.plan.changes.network_hook import FIRST, SINCE_LIBVIRT, is_ours
from runbook.plan.promise import cloud_init, ifupdown_program, managers
from runbook.plan.promise.managers import Manager
from runbook.preflight.finding import Case, Finding, looked_for
from runbook.state.addresses import AddressRow
from runbook.state.files import FileRow
from runbook.state.host.environment import package_of
from runbook.state.syntax.cloud_init import SWITCH

ROOM_BYTES = 8 << 20
MANAGED = (
    "two managers of one interface overwrite each other's settings, at the next boot or before"
)
UNMANAGED = "unmanaged"


@looked_for(
    "programs",
    "every program that the plan and its undo run is installed",
    "if a program is missing, the change or its undo stops halfway",
)
def _programs(case: Case) -> Iterator[Finding]:
    for name in case.around.missing:
        package = package_of(name)
        yield Finding(
            "block",
            "programs",
            f"{name} is missing",
            "without it neither the change nor its undo is safe",
            f"on the host: apt-get install {package}"
            if package
            else "install the Debian package that has it (apt-file search finds it)",
        )


@looked_for("network manager", "only ifupdown manages the network", MANAGED)
def _managers(case: Case) -> Iterator[Finding]:
    nic = case.params.interface
    for name in case.around.managers:
        unmanaged = name == managers.NETWORK_MANAGER and case.around.nm_state == UNMANAGED
        if unmanaged or managers.leaves_alone(name, nic, case.snapshot):
            yield _let_go(name, nic)
            continue
        files = {m.name: m.files for m in managers.holding(nic, case.snapshot)}
        yield Finding(
            "block",
            "network manager",
            f"{name} is active",
            MANAGED,
            managers.way(Manager(name, files.get(name, ())), nic),
        )


def _let_go(name: str, nic: str) -> Finding:
    return Finding(
        "note",
        "network manager",
        f"{name} is active, and {nic} is not managed by it",
        f"{name} does not touch interfaces that its files leave alone, nor libvirt's bridges",
        "nothing now; keep the NIC unmanaged in its configuration",
    )


@looked_for(
    "ifupdown",
    "Debian's ifupdown reads /etc/network/interfaces",
    "another program reads the same files in a way of its own",
)
def _ifupdown(case: Case) -> Iterator[Finding]:
    if program := ifupdown_program.another(case.snapshot):
        yield Finding(
            "note",
            "ifupdown",
            f"{program} reads /etc/network/interfaces",
            f"with it {ifupdown_program.TRIED} was tried on Debian 12, and nothing else",
            "nothing; what was not tried is refused",
        )


@looked_for(
    "cloud-init",
    "cloud-init is not there, or leaves the network alone",
    "at the first boot of an instance it writes the network's files anew",
)
def _cloud_init(case: Case) -> Iterator[Finding]:
    if not cloud_init.leaves_alone(case.snapshot):
        yield Finding(
            "note",
            "cloud-init",
            f"the plan writes {SWITCH}, which switches its network part off",
            "otherwise it may give the NIC its address back at a boot",
            "nothing; the undo removes the file",
        )


@looked_for("netplan", "netplan has no files and has generated none", MANAGED)
def _netplan(case: Case) -> Iterator[Finding]:
    if case.around.netplan:
        yield Finding(
            "block",
            "netplan",
            f"it has {', '.join(case.around.netplan)}",
            "at each boot it hands the NIC to systemd-networkd or NetworkManager again",
            managers.way(Manager(managers.NETWORKD, case.around.netplan), case.params.interface),
        )


@looked_for(
    "disk", "the disk has enough room for the undo", "the undo is kept on the host's own disk"
)
def _disk(case: Case) -> Iterator[Finding]:
    if case.around.free_bytes < ROOM_BYTES:
        yield Finding(
            "block",
            "disk",
            f"{case.around.free_bytes >> 10} KiB free in /var/lib",
            "if the disk is full, the undo cannot be written completely",
            f"free {ROOM_BYTES >> 20} MiB or more there",
        )


@looked_for(
    "sshd",
    "sshd does not wait for the address that is moved",
    "you need sshd to reach the host, also after a reboot",
)
def _sshd(case: Case) -> Iterator[Finding]:
    if not case.around.sshd_listens:
        why = (
            "an sshd that listens on the moved address only fails at boot: the bridge has it later"
        )
        then = "run `sshd -T` on the host: listenaddress has to be 0.0.0.0 or [::]"
        yield Finding("note", "sshd", "it does not say where it listens", why, then)
    moved = {
        row.address for row in case.snapshot.rows(AddressRow) if row.ifname == case.params.holder
    }
    for listen in case.around.sshd_listens:
        if listen.rpartition(":")[0].strip("[]") in moved | {str(case.params.ipv4.ip)}:
            yield Finding(
                "block",
                "sshd",
                f"it listens on {listen} only",
                "at boot sshd would start before the bridge has the address, and fail",
                "take ListenAddress out (`grep -rni listenaddress /etc/ssh` says where it is), so"
                " that it listens on all",
            )
    port = str(case.around.operator.server_port) if case.around.operator else ""
    for socket in case.around.late.sockets:
        if socket.program != "sshd" and socket.where.rpartition(":")[2] == port:
            yield Finding(
                "block",
                "sshd",
                f"{socket}: your connection came in by this port, and nothing else opens it",
                "at boot the port would be opened before the bridge has the address, and fail",
                "have it listen on all addresses (ssh.socket: ListenStream=22)",
            )


@looked_for(
    "libvirt",
    "libvirt runs runbook's hook",
    "a hook brings the NIC back at each start of the network",
)
def _libvirt(case: Case) -> Iterator[Finding]:
    version = case.snapshot.identity.libvirt_version
    theirs = case.snapshot.find(FileRow, FIRST)
    if version < SINCE_LIBVIRT and theirs and not is_ours(theirs.content, case.params.network):
        words = f"{version // 1_000_000}.{version // 1000 % 1000}.{version % 1000}"
        yield Finding(
            "block",
            "libvirt",
            f"libvirt {words} knows one hook for all networks, and {FIRST} is there already",
            "runbook replaces no hook of others, and without its own a reboot loses the NIC",
            f"move {FIRST} away, or upgrade libvirt to 6.5 or later, which runs several hooks",
        )


# What any change needs, whatever it is about.
OF_ANY_CHANGE = (_programs, _disk)
RULES = (_programs, _managers, _ifupdown, _cloud_init, _netplan, _disk, _sshd, _libvirt)
