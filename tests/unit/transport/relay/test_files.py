from __future__ import annotations

import os
import stat
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runbook.common.errors import ReadFailed, StepFailed
from runbook.transport import HostFile
from runbook.transport.live import LiveHost
from runbook.transport.relay import files


def mine(path: Path, content: bytes, mode: int = 0o640) -> HostFile:
    return HostFile(str(path), content, mode, os.getuid(), os.getgid())


def test_a_pipe_is_not_a_file(host: LiveHost, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ReadFailed, match="not a regular file"):
        host.read_files([str(tmp_path / "pipe")])


def test_a_folder_among_files_is_passed_over_as_ifupdown_does(
    host: LiveHost, tmp_path: Path
) -> None:
    host.write_file(mine(tmp_path / "lan", b"auto lan\n"))
    (tmp_path / "old").mkdir()
    folder, file = host.read_files([str(tmp_path / "old"), str(tmp_path / "lan")])
    assert folder is None
    assert file is not None
    assert file.content == b"auto lan\n"


def test_what_cannot_be_written_leaves_the_old_content_and_nothing_else(
    host: LiveHost, tmp_path: Path
) -> None:
    path = tmp_path / "interfaces"
    host.write_file(mine(path, b"old"))
    with pytest.raises(StepFailed, match="interfaces"):
        host.write_file(HostFile(str(path / "below"), b"new", 0o644))
    with pytest.raises(StepFailed, match="not a regular file"):
        host.write_file(mine(tmp_path, b"new"))
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["interfaces"]


def test_a_write_that_fails_half_way_leaves_no_temporary_file(
    host: LiveHost, tmp_path: Path
) -> None:
    # Nobody may give a file away to this owner but root; root may not to -2.
    stranger = HostFile(str(tmp_path / "file"), b"new", 0o644, uid=2**32 - 2, gid=2**32)
    with pytest.raises(StepFailed):
        host.write_file(stranger)
    assert list(tmp_path.iterdir()) == []


def test_appending_needs_the_file_to_exist(host: LiveHost, tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="No such file"):
        host.append_file(str(tmp_path / "journal"), b"line\n")
    assert list(tmp_path.iterdir()) == []


def test_an_absent_file_is_none_and_the_others_are_read(host: LiveHost, tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"1")
    (tmp_path / "two").write_bytes(b"22")
    names = ["one", "none", "two", "one/below"]
    found = host.read_files([str(tmp_path / name) for name in names])
    assert [f.content if f else None for f in found] == [b"1", None, b"22", None]


def test_files_of_proc_are_read_though_they_say_size_zero(host: LiveHost) -> None:
    (found,) = host.read_files(["/proc/sys/kernel/ostype"])
    assert found is not None
    assert found.content == b"Linux\n"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(content=st.binary(max_size=5000), mode=st.integers(0o400, 0o777))
def test_what_is_written_is_read_back_with_owner_and_mode(
    host: LiveHost, tmp_path: Path, content: bytes, mode: int
) -> None:
    written = mine(tmp_path / "file", content, mode | 0o400)
    host.write_file(written)
    assert host.read_files([written.path]) == (written,)


def test_a_symbolic_link_stays_one_and_its_target_is_written(
    host: LiveHost, tmp_path: Path
) -> None:
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "link").symlink_to("target")
    host.write_file(mine(tmp_path / "link", b"new"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"


def test_what_is_replaced_passes_on_its_access_control_list(host: LiveHost, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    # user::rw-, user:65534:r--, group::r--, mask::r--, other::--- (posix_acl_xattr.h).
    entries = ((1, 6, -1), (2, 4, 65534), (4, 4, -1), (16, 4, -1), (32, 0, -1))
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
    os.setxattr(path, "system.posix_acl_access", acl)
    os.setxattr(path, "user.note", b"theirs")
    host.write_file(mine(path, b"new", stat.S_IMODE(path.stat().st_mode)))
    assert path.read_bytes() == b"new"
    assert os.getxattr(path, "system.posix_acl_access") == acl
    assert os.getxattr(path, "user.note") == b"theirs"
    host.write_file(mine(path, b"closed", 0o600))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_with_another_name_is_not_parted_from_it(host: LiveHost, tmp_path: Path) -> None:
    path, other = tmp_path / "file", tmp_path / "other"
    path.write_bytes(b"old")
    other.hardlink_to(path)
    with pytest.raises(StepFailed, match="hard links"):
        host.write_file(mine(path, b"new"))
    assert path.read_bytes() == other.read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "other"]


def test_a_file_name_is_bytes(host: LiveHost, tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/b\xfccher"
    Path(os.fsdecode(name)).write_bytes(b"auto lo\n")
    (path,) = host.glob(f"{tmp_path}/*")
    assert os.fsencode(path) == name
    (found,) = host.read_files([path])
    assert found is not None
    assert found.content == b"auto lo\n"


def test_a_reader_of_the_old_file_never_sees_a_mixture(host: LiveHost, tmp_path: Path) -> None:
    path = tmp_path / "file"
    host.write_file(mine(path, b"old"))
    with path.open("rb") as before:
        host.write_file(mine(path, b"brand new"))
        assert before.read() == b"old"
    assert path.read_bytes() == b"brand new"


def test_lines_are_appended(host: LiveHost, tmp_path: Path) -> None:
    path = tmp_path / "journal"
    host.write_file(mine(path, b"one\n", 0o600))
    host.append_file(str(path), b"two\n")
    assert path.read_bytes() == b"one\ntwo\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_removing_twice_is_no_error(host: LiveHost, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    host.remove_file(str(path))
    host.remove_file(str(path))
    assert not path.exists()


def test_a_moved_file_keeps_everything_but_its_name(host: LiveHost, tmp_path: Path) -> None:
    path, aside = tmp_path / "leases", tmp_path / "leases.runbook-aside"
    host.write_file(mine(path, b"lease {}", 0o640))
    was = path.stat()
    host.move_file(str(path), str(aside))
    host.move_file(str(path), str(aside))
    assert not path.exists()
    assert (aside.read_bytes(), aside.stat().st_ino) == (b"lease {}", was.st_ino)


def test_a_moved_link_leaves_its_target(host: LiveHost, tmp_path: Path) -> None:
    target, link = tmp_path / "important", tmp_path / "leases"
    target.write_text("keep")
    link.symlink_to(target)
    host.move_file(str(link), str(tmp_path / "aside"))
    assert (tmp_path / "aside").is_symlink()
    assert target.read_text() == "keep"


def test_what_cannot_be_moved_is_an_error(host: LiveHost, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "b").mkdir()
    with pytest.raises(StepFailed, match="could not move"):
        host.move_file(str(tmp_path / "a"), str(tmp_path / "b"))


def test_a_removed_link_leaves_its_target(host: LiveHost, tmp_path: Path) -> None:
    (tmp_path / "target").touch()
    (tmp_path / "link").symlink_to("target")
    host.remove_file(str(tmp_path / "link"))
    assert [p.name for p in tmp_path.iterdir()] == ["target"]


def test_folders_are_made_with_their_parents(host: LiveHost, tmp_path: Path) -> None:
    for _ in range(2):
        host.make_dir(str(tmp_path / "a" / "b"), 0o700)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700


def test_a_file_where_a_folder_should_be_is_an_error(host: LiveHost, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StepFailed):
        host.make_dir(str(tmp_path / "file"), 0o755)


def test_a_link_is_made_once_and_by_one_alone(host: LiveHost, tmp_path: Path) -> None:
    path = tmp_path / "armed"
    assert host.symlink("change-1", str(path))
    assert not host.symlink("change-2", str(path))
    assert path.readlink() == Path("change-1")


def test_glob_is_sorted_and_leaves_out_hidden_files(host: LiveHost, tmp_path: Path) -> None:
    for name in ("b.conf", "a.conf", ".c.conf", "d.txt"):
        (tmp_path / name).touch()
    found = host.glob(str(tmp_path / "*.conf"))
    assert found == (str(tmp_path / "a.conf"), str(tmp_path / "b.conf"))


def test_several_patterns_are_one_question_and_their_paths_come_in_their_order(
    host: LiveHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.conf", "b.txt", "c.conf"):
        (tmp_path / name).touch()
    asked: list[object] = []
    request = host._session.request  # noqa: SLF001 - how often the far side is asked

    def counted(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - as it is given
        asked.append(given)
        return request(*given, **named)

    monkeypatch.setattr(host._session, "request", counted)  # noqa: SLF001
    found = host.glob(*(str(tmp_path / name) for name in ("*.txt", "none/*", "*.conf")))
    assert [path.rpartition("/")[2] for path in found] == ["b.txt", "a.conf", "c.conf"]
    assert len(asked) == 1


def test_glob_of_a_folder_that_is_not_there_is_empty(host: LiveHost, tmp_path: Path) -> None:
    assert host.glob(str(tmp_path / "none" / "*")) == ()


def test_a_file_is_on_the_disk_before_it_has_its_name_and_the_name_before_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def sync(descriptor: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        seen.append(f"sync {kind}")

    def rename(_old: str, _new: str) -> None:
        seen.append("rename")

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "rename", rename)
    owner = {"mode": 0o600, "uid": os.getuid(), "gid": os.getgid()}
    files.write({"path": str(tmp_path / "undo"), **owner}, b"all of it")
    assert seen == ["sync file", "rename", "sync folder"]


def test_a_line_of_the_journal_is_on_the_disk_before_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []
    path = tmp_path / "journal"
    path.touch()
    monkeypatch.setattr(os, "fsync", lambda _descriptor: seen.append(path.read_bytes()))
    files.append({"path": str(path)}, b"step 1 begins\n")
    assert seen == [b"step 1 begins\n"]


def test_a_file_of_more_than_64_mib_is_refused_by_name(host: LiveHost, tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate((64 << 20) + 1)
    with pytest.raises(ReadFailed, match=rf"{large}: it has more than 64 MiB"):
        host.read_files([str(large)])
    with large.open("wb") as file:
        file.truncate(64 << 20)
    (read,) = host.read_files([str(large)])
    assert read
    assert len(read.content) == 64 << 20
    many = [str(large)] * 5
    with pytest.raises(ReadFailed, match=rf"{large}: with the files before it, more than 256 MiB"):
        host.read_files(many)
