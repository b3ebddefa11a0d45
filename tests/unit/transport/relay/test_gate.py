from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runbook.common.errors import GateClosed
from runbook.transport import HostFile
from runbook.transport.live import LiveHost

WRITES: list[Callable[[LiveHost, str], object]] = [
    lambda host, path: host.execute(["touch", path]),
    lambda host, path: host.write_file(HostFile(path, b"", 0o644, os.getuid(), os.getgid())),
    lambda host, path: host.append_file(path, b"x"),
    lambda host, path: host.remove_file(path),
    lambda host, path: host.make_dir(path, 0o755),
    lambda host, path: host.symlink("target", path),
    lambda host, _path: host.send_netlink(b""),
    lambda host, _path: host.send_frame("lo", bytes(60)),
]


@pytest.mark.parametrize("write", WRITES)
def test_nothing_is_written_once_the_gate_is_closed(
    host: LiveHost, tmp_path: Path, write: Callable[[LiveHost, str], object]
) -> None:
    guarded = host.guarded(str(tmp_path / "lock"), str(tmp_path / "open"))
    with pytest.raises(GateClosed, match="undo of this change has begun"):
        write(guarded, str(tmp_path / "file"))
    assert [p.name for p in tmp_path.iterdir()] == ["lock"]


def test_a_write_waits_for_the_lock_and_sees_that_the_gate_closed_meanwhile(
    host: LiveHost, tmp_path: Path
) -> None:
    (tmp_path / "open").touch()
    guarded = host.guarded(str(tmp_path / "lock"), str(tmp_path / "open"))
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        errors: list[BaseException] = []
        late = threading.Thread(target=lambda: _keep(errors, guarded, tmp_path / "file"))
        late.start()
        time.sleep(0.2)
        assert late.is_alive()
        (tmp_path / "open").unlink()
    late.join(5)
    assert [type(error) for error in errors] == [GateClosed]
    assert not (tmp_path / "file").exists()


def test_writes_pass_an_open_gate_and_reads_need_none(host: LiveHost, tmp_path: Path) -> None:
    guarded = host.guarded(str(tmp_path / "lock"), str(tmp_path / "open"))
    assert guarded.query(["true"]).returncode == 0
    (tmp_path / "open").touch()
    assert guarded.symlink("target", str(tmp_path / "link"))


def test_the_host_itself_stays_unguarded(host: LiveHost, tmp_path: Path) -> None:
    host.guarded(str(tmp_path / "lock"), str(tmp_path / "open"))
    host.make_dir(str(tmp_path / "folder"), 0o755)
    assert (tmp_path / "folder").is_dir()


def _keep(errors: list[BaseException], host: LiveHost, path: Path) -> None:
    try:
        host.execute(["touch", str(path)])
    except GateClosed as error:
        errors.append(error)
