"""What a quick guest runs that busybox has not."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from runbook.lab import guest_disk


@pytest.mark.parametrize("name", guest_disk.scripts())
def test_a_critic_of_shell_scripts_finds_nothing(tmp_path: Path, name: str) -> None:
    script = tmp_path / "script"
    script.write_bytes(guest_disk.scripts()[name])
    critic = [str(shutil.which("shellcheck")), "--shell=sh", str(script)]
    done = subprocess.run(critic, capture_output=True, check=False, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_what_guests_share_is_told_apart_by_kind_and_is_not_where_their_own_disks_are() -> None:
    bases = {guest_disk.base(Path("/"), kind) for kind in guest_disk.KINDS}
    assert len(bases) == len(guest_disk.KINDS)
    assert not {path.parent for path in bases} & {guest_disk.own("web").parent}
