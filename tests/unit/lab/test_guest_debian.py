"""What makes a Debian guest of a Debian file system: text in, text out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runbook.lab import guest_debian
from runbook.lab.guest_disk import HASH

SHADOW = "root:*:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n"
GETTY = """\
[Unit]
BindsTo=dev-%i.device
After=dev-%i.device systemd-user-sessions.service

[Service]
ExecStart=-/sbin/agetty -o '-p -- \\\\u' - $TERM
"""


def test_nobody_but_root_gets_a_password() -> None:
    made = guest_debian.with_password(SHADOW).splitlines()
    assert made == [f"root:{HASH}:19000:0:99999:7:::", "daemon:*:19000:0:99999:7:::"]


def test_a_unit_waits_for_no_device_and_is_otherwise_as_it_came() -> None:
    made = guest_debian.unbound(GETTY).splitlines()
    assert "After=systemd-user-sessions.service" in made
    kept = [line for line in GETTY.splitlines() if line and "dev-" not in line]
    assert [line for line in made if not line.startswith("After")] == kept


@pytest.mark.parametrize(
    "change",
    [{"packages": ("bash",)}, {"masked": ("cron.service",)}, {"release": "trixie"}],
    ids=lambda change: next(iter(change)),
)
def test_a_recipe_that_changes_has_another_digest(change: dict[str, str]) -> None:
    now = guest_debian.recipe()
    assert replace(now, **change).digest != now.digest  # type: ignore[arg-type]
