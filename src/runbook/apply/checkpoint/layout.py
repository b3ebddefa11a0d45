"""Where a change keeps its things on the host, and the units that watch over it.

``/var/lib/runbook/armed`` is a symbolic link to the change in progress. Making
it takes the host's lock, removing it confirms the change: each is one atomic
operation, so a power cut leaves the one state or the other. The timer and the
boot units do nothing without it.
"""

from __future__ import annotations

from dataclasses import dataclass

ROOT = "/var/lib/runbook"
ARMED = f"{ROOT}/armed"
UNITS = "/etc/systemd/system"
EARLY, LATE = "runbook-undo.service", "runbook-announce.service"
WANTS = {EARLY: "sysinit.target", LATE: "multi-user.target"}

_EARLY_UNIT = f"""\
# Puts the files of an unconfirmed network change back before the network starts.
[Unit]
Description=Undo an unconfirmed network change
DefaultDependencies=no
ConditionPathIsSymbolicLink={ARMED}
RequiresMountsFor={ROOT}
After=local-fs.target systemd-remount-fs.service
Before=sysinit.target network-pre.target networking.service libvirtd.service virtnetworkd.service
Before=virtqemud.service
Before=systemd-sysctl.service netfilter-persistent.service shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
ExecStart=/bin/sh {ARMED}/undo boot
"""

_TIDY = " ".join(
    (
        "rm -f --",
        *(f"{UNITS}/{unit} {UNITS}/{target}.wants/{unit}" for unit, target in WANTS.items()),
        f"{ROOT}/*/open {ROOT}/*/ballast",
    )
)

_LATE_UNIT = f"""\
# Tells the neighbours where the address is, after the undo at boot. Where the change was
# confirmed, and a power cut came before all was tidied away, it does that.
[Unit]
Description=Announce the address after an undone network change
After=network.target networking.service {EARLY}

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'if [ -L {ARMED} ]; then exec /bin/sh {ARMED}/undo announce; fi; {_TIDY}'
"""

UNIT_TEXTS = {EARLY: _EARLY_UNIT, LATE: _LATE_UNIT}


# All that a change writes on the host beside what it is about.
WRITTEN = (
    ARMED,
    *(f"{UNITS}/{unit}" for unit in UNIT_TEXTS),
    *(f"{UNITS}/{target}.wants/{unit}" for unit, target in WANTS.items()),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of one change on the host."""

    change_id: str

    @property
    def directory(self) -> str:
        """The change's own directory."""
        return f"{ROOT}/{self.change_id}"

    @property
    def undo(self) -> str:
        """The script that puts the host back."""
        return f"{self.directory}/undo"

    @property
    def journal(self) -> str:
        """What is about to be done, and what is done, line by line."""
        return f"{self.directory}/journal"

    @property
    def manifest(self) -> str:
        """Who, when, what, until when."""
        return f"{self.directory}/manifest.json"

    @property
    def plan(self) -> str:
        """The whole plan, as data."""
        return f"{self.directory}/plan.json"

    @property
    def before(self) -> str:
        """The snapshot that an undo is compared with."""
        return f"{self.directory}/before.json"

    @property
    def probes(self) -> str:
        """What answered before the change, and has to answer after it."""
        return f"{self.directory}/probes.json"

    @property
    def guests(self) -> str:
        """How the guests of a change were inside before it; only of a change about guests."""
        return f"{self.directory}/guests.json"

    @property
    def lock(self) -> str:
        """Held while a step is made, and while an undo closes the way for more."""
        return f"{self.directory}/lock"

    @property
    def open(self) -> str:
        """While this file is there, steps may be made; an undo removes it first."""
        return f"{self.directory}/open"

    @property
    def undo_lock(self) -> str:
        """Held by an undo at work."""
        return f"{self.directory}/undo.lock"

    @property
    def ballast(self) -> str:
        """Room that an undo can free on a full disk."""
        return f"{self.directory}/ballast"

    @property
    def reboot(self) -> str:
        """The wish that the next boot leaves the change in place; the boot itself takes it away."""
        return f"{self.directory}/reboot"

    @property
    def rebooted(self) -> str:
        """The id of the boot that left the change in place."""
        return f"{self.directory}/rebooted"

    @property
    def timer_stem(self) -> str:
        """What the names of all the deadline's units begin with."""
        return f"runbook-deadline-{self.change_id}-"

    @property
    def units(self) -> str:
        """A pattern for all transient units of the change: its timers, and its undos at work."""
        return f"runbook-*-{self.change_id}-*"

    def timer(self, number: int) -> str:
        """The name of the deadline's transient unit; each extension is the next number."""
        return f"{self.timer_stem}{number}"


def unit_path(unit: str) -> str:
    """Where a boot unit stands."""
    return f"{UNITS}/{unit}"


def wants_path(unit: str) -> str:
    """The link that enables it."""
    return f"{UNITS}/{WANTS[unit]}.wants/{unit}"
