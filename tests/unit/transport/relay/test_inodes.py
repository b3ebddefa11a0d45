"""What keeps a file from being changed is seen without a change."""

from __future__ import annotations

from pathlib import Path

from runbook.transport.host import Inode
from runbook.transport.live import LiveHost


def seen(host: LiveHost, path: Path) -> tuple[Inode, ...]:
    (found,) = host.inodes([str(path)])
    return found


def test_a_file_is_told_with_its_folder(host: LiveHost, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    file, folder = seen(host, path)
    assert (file.path, file.folder, file.links) == (str(path), False, 1)
    assert (folder.path, folder.folder) == (str(tmp_path), True)
    for inode in (file, folder):
        assert (inode.immutable, inode.append_only, inode.read_only) == (False, False, False)
        assert str(tmp_path).startswith(inode.mount.rstrip("/"))


def test_of_a_file_that_is_not_there_it_is_the_nearest_folder(
    host: LiveHost, tmp_path: Path
) -> None:
    (folder,) = seen(host, tmp_path / "none" / "of" / "these")
    assert folder.path == str(tmp_path)


def test_of_a_link_it_is_the_file_behind_it(host: LiveHost, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below/file").touch()
    (tmp_path / "link").symlink_to("below/file")
    (tmp_path / "loop").symlink_to("loop")
    file, folder = seen(host, tmp_path / "link")
    assert (file.path, folder.path) == (str(tmp_path / "below/file"), str(tmp_path / "below"))
    assert seen(host, tmp_path / "loop")[-1].path == str(tmp_path)


def test_another_name_of_a_file_is_counted(host: LiveHost, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "other").hardlink_to(tmp_path / "file")
    assert seen(host, tmp_path / "file")[0].links == 2


def test_several_are_asked_about_at_once(host: LiveHost, tmp_path: Path) -> None:
    both = host.inodes([str(tmp_path / "one"), "/proc/sys/kernel/ostype"])
    assert [place[0].path for place in both] == [str(tmp_path), "/proc/sys/kernel/ostype"]
    assert both[1][0].mount in ("/proc", "/proc/sys")
