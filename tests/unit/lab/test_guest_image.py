"""The guest's initramfs, read back as the kernel reads it; its modules, in order."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.common.errors import LabError
from runbook.lab import guest_image

NAMES = st.text("abcdefghij_-/", min_size=1, max_size=20)
MEMBERS = st.lists(st.tuples(NAMES, st.sampled_from([0o040755, 0o100755]), st.binary(max_size=40)))


def unpacked(archive: bytes) -> list[tuple[str, int, bytes]]:
    """The members before the trailer, by the kernel's own description of the format."""
    found: list[tuple[str, int, bytes]] = []
    at = 0
    while True:
        assert archive[at : at + 6] == b"070701"
        fields = [int(archive[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        mode, size, length = fields[1], fields[6], fields[11]
        name = archive[at + 110 : at + 110 + length]
        assert name.endswith(b"\0")
        start = -(-(at + 110 + length) // 4) * 4
        if name == b"TRAILER!!!\0":
            return found
        found.append((name[:-1].decode(), mode, archive[start : start + size]))
        at = -(-(start + size) // 4) * 4


@given(MEMBERS)
def test_an_initramfs_holds_what_was_put_in(members: list[tuple[str, int, bytes]]) -> None:
    assert unpacked(guest_image.archive(iter(members))) == members


def test_a_module_that_does_not_say_what_it_needs_is_refused() -> None:
    with pytest.raises(LabError, match="depends on"):
        guest_image.depends(b"\x7fELF" + bytes(100))


def test_a_module_names_what_must_be_loaded_before_it() -> None:
    needs = b"\x7fELF\0depends=virtio-ring,virtio,net_failover\0license=GPL\0"
    assert guest_image.depends(needs) == ("virtio_ring", "virtio", "net_failover")
    assert guest_image.depends(b"\x7fELF\0depends=\0") == ()


def kernel(folder: Path, builtin: str, **modules: str) -> Path:
    """An unpacked kernel package: each module with the names that it depends on."""
    (folder / "modules.builtin").write_text(builtin)
    for name, needs in modules.items():
        path = folder / f"{name}.ko"
        path.write_bytes(b"\x7fELF\0depends=" + needs.encode() + b"\0")
    return folder


def test_a_kernel_without_a_driver_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="the kernel has no virtio_net"):
        guest_image.modules(kernel(tmp_path, "", virtio_pci="", evdev="", button=""))


def test_modules_load_after_those_they_need_and_built_in_ones_not_at_all(tmp_path: Path) -> None:
    drivers = dict.fromkeys(guest_image.DRIVERS, "virtio") | {"failover": "virtio"}
    drivers |= {"virtio_net": "failover,virtio", "evdev": "", "button": ""}
    del drivers["virtio_pci"]
    builtin = "kernel/drivers/virtio/virtio_pci.ko\n"
    order = list(guest_image.modules(kernel(tmp_path, builtin, virtio="", **drivers)))
    first, last = ["virtio", "failover", "virtio_net"], ["evdev", "button"]
    assert order == [*first, "virtio_blk", "virtio_console", *last]


def test_a_critic_of_shell_scripts_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "init").write_bytes(guest_image.init())
    critic = [str(shutil.which("shellcheck")), "--shell=sh", str(tmp_path / "init")]
    done = subprocess.run(critic, capture_output=True, check=False, text=True)
    assert (done.returncode, done.stdout) == (0, "")
