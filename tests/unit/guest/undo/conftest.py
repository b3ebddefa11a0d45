"""A guest's own script, run here below a folder that stands for the guest's root."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.unit.insides import LocalChannel

from runbook.common.clock import SystemClock
from runbook.guest import undo as changes
from runbook.guest.configure.guest_edit import FileEdit, GuestEdit
from runbook.guest.undo import InsideArmed, InsideState, layout

OLD, NEW = b"iface eth0 inet dhcp\n", b"iface eth0 inet static\n"
CLOCK = SystemClock()


@dataclass
class GuestFiles:
    """A guest's root: `log` gets a line each time the network is taken down or brought up."""

    root: Path
    channel: LocalChannel

    @property
    def config(self) -> Path:
        return self.root / "interfaces"

    @property
    def log(self) -> list[str]:
        path = self.root / "network"
        return path.read_text().splitlines() if path.exists() else []

    def edit(self, up: str = "true") -> GuestEdit:
        noted = f"cat {self.config} >>{self.root}/network; "
        return GuestEdit(
            "ifupdown",
            "eth0",
            (
                FileEdit(str(self.config), OLD, NEW, 0o644),
                FileEdit(str(self.root / "fresh"), None, b"\xff\0 new\n", 0o600),
            ),
            down=(("sh", "-c", f"echo down >>{self.root}/network"),),
            up=(("sh", "-c", noted + up),),
        )

    def arm(
        self, seconds: int = 300, up: str = "true", number: str = "change-1", passed: int = 0
    ) -> InsideArmed:
        since = changes.uptime(self.channel) - passed
        armed = changes.arm(self.channel, self.edit(up), number, seconds, since)
        return replace(armed, directory=str(self.root / "lib" / number))

    def state(self, number: str = "change-1") -> InsideState:
        return changes.read_progress(self.channel, number).state

    def run(self, *verb: str) -> int:
        argv = ("sh", str(self.root / "lib/change-1/undo"), *verb)
        return subprocess.run(argv, check=False, capture_output=True, timeout=60).returncode

    def is_as_before(self) -> bool:
        return self.config.read_bytes() == OLD and not (self.root / "fresh").exists()

    def is_changed(self) -> bool:
        return self.config.read_bytes() == NEW and (self.root / "fresh").exists()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[GuestFiles]:
    given = {
        layout.ROOT: str(tmp_path / "lib"),
        layout.UNIT: str(tmp_path / "unit"),
        layout.WANTS: str(tmp_path / "wants" / "unit"),
        "/etc/network": str(tmp_path / "etc-network"),
        # There is no host whose moment would have to be waited for.
        "HOST_S=12": "HOST_S=0",
        # Not a guest with systemd: the timer is a process.
        "/run/systemd/system": str(tmp_path / "no-systemd"),
    }
    (tmp_path / "etc-network").mkdir()
    (tmp_path / "interfaces").write_bytes(OLD)
    made = GuestFiles(tmp_path, LocalChannel(given=given))
    yield made
    for pid in tmp_path.glob("lib/*/timer.pid"):
        if pid.read_text().strip():
            _end(int(pid.read_text()))


def _end(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGTERM)
    except ProcessLookupError:
        return
