"""A guest on another network, which the change and its faults are not to disturb."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.lab import guest as guests
from runbook.lab import machine
from runbook.lab.guest import Guest


@dataclass(frozen=True, slots=True)
class Tenant:
    """A guest on another network: its process on the host, and the boot that it was seen in."""

    guest: Guest
    seen: str

    @classmethod
    def move_in(cls, host: str) -> Tenant:
        """Start one on libvirt's default network, and wait until it answers."""
        made = Guest("tenant", "default", *guests.place(host, "default"))
        guests.add(host, made)
        return cls(made, cls._look(host))

    def disturbed(self, host: str) -> str:
        """What became of it; '' where it runs on, or again after a boot, and answers."""
        guests.wait(host, self.guest)
        was, now = self.seen.split(), self._look(host).split()
        return (
            "" if was == now or was[0] != now[0] else f"the guest's process: {was[1:]}, {now[1:]}"
        )

    @staticmethod
    def _look(host: str) -> str:
        files = ("/proc/1/stat", "/run/libvirt/qemu/tenant.pid")
        stat, pid = (machine.run(host, ("cat", file)).stdout.decode() for file in files)
        # When process 1 started tells one boot from another.
        return f"{stat.split()[21]} {pid}"
