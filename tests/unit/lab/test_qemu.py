"""QEMU's command line for a host, and the way to its monitor and its agent."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runbook.common.errors import LabError
from runbook.lab import lab as labs
from runbook.lab import machine, names, shell
from runbook.lab.hardware import Hardware
from runbook.lab.qemu import command, console, image, process, sockets
from runbook.lab.qemu.command import Disk

HOST = "server-01"
DISK = Disk(Path("/disk"), "qcow2")
Asked = dict[str, Any]
Answer = Callable[[Asked], list[Asked]]


def words(hardware: Hardware, state: Path | None = None) -> list[str]:
    return command.words(HOST, hardware, Path("/image"), DISK, state)


def test_a_host_is_emulated_whatever_the_machine_could_do() -> None:
    line = words(Hardware(machine="qemu"))
    assert "tcg" in line
    assert not [word for word in line if "kvm" in word]


@pytest.mark.parametrize(("model", "device"), [("virtio-net", "virtio-net-pci"), ("e1000e",) * 2])
def test_each_nic_has_a_port_a_mac_and_the_model_asked_for(model: str, device: str) -> None:
    line = words(Hardware(machine="qemu", nic_model=model, nics=3))
    nics = [word for word in line if word.startswith(f"{device},")]
    assert len(nics) == 3
    assert names.mac(HOST) in nics[0]
    assert len({names.nic_mac(HOST, number) for number in range(3)}) == 3
    assert "ifname=port-01," in " ".join(line)
    assert "ifname=port-01-2," in " ".join(line)


def test_a_snapshot_goes_on_with_the_same_devices() -> None:
    hardware = Hardware(machine="qemu")
    assert words(hardware, Path("/state")) == [
        *words(hardware),
        "-incoming",
        "exec:cat /state",
    ]


def test_a_host_s_process_is_found_and_is_one_that_down_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = ("qemu-system-x86_64", *words(Hardware(machine="qemu"))[1:])
    monkeypatch.setattr(shell, "command_lines", lambda: {7: line, 8: ("sh", "-c", line[2])})
    monkeypatch.setattr(shell, "alive", lambda _pid: True)
    assert process.leader(HOST) == 7
    assert process.leader("server-02") == 0
    assert [word for word in line if labs._is_ours(word)]  # noqa: SLF001 - what `down` goes by


def test_a_host_without_power_has_no_console(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shell, "command_lines", dict)
    (tmp_path / machine.KIND).write_text("qemu")
    monkeypatch.setattr(machine, "folder", lambda _host: tmp_path)
    with pytest.raises(LabError, match="no power"):
        machine.inside(HOST, ["true"])


def test_an_image_has_a_kernel_and_no_emulator() -> None:
    packages = image.recipe("bookworm").packages
    assert "linux-image-amd64" in packages
    assert "libvirt-daemon-system" in packages
    assert not [name for name in packages if name.startswith("qemu-system")]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Callable[[Answer, bytes], Path]]:
    """A socket that answers each line by a function, after a greeting."""
    listening: list[socket.socket] = []

    def serve(answer: Answer, greeting: bytes = b"") -> Path:
        path = tmp_path / "socket"
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        server.bind(str(path))
        server.listen()
        listening.append(server)
        threading.Thread(target=_serve, args=(server, answer, greeting), daemon=True).start()
        return path

    yield serve
    for server in listening:
        server.close()


def _serve(server: socket.socket, answer: Answer, greeting: bytes) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection, connection.makefile("rwb") as stream:
            stream.write(greeting)
            stream.flush()
            for line in stream:
                for told in answer(json.loads(line)):
                    stream.write(json.dumps(told).encode() + b"\n")
                stream.flush()


def test_events_between_a_command_and_its_answer_are_passed_over(
    served: Callable[[Answer, bytes], Path],
) -> None:
    def answer(asked: Asked) -> list[Asked]:
        return [{"event": "STOP"}, {"return": asked["execute"]}]

    path = served(answer, b'{"QMP": {}}\n')
    assert sockets.monitor(path, "query-status") == "query-status"


def test_a_command_that_qemu_refuses_is_an_error_with_qemu_s_reason(
    served: Callable[[Answer, bytes], Path],
) -> None:
    def answer(asked: Asked) -> list[Asked]:
        refused = asked["execute"] == "cont"
        return [{"error": {"desc": "no medium"}} if refused else {"return": {}}]

    path = served(answer, b'{"QMP": {}}\n')
    with pytest.raises(LabError, match="no medium"):
        sockets.monitor(path, "cont")


def agent(asked: Asked) -> list[Asked]:
    """An agent that has an old answer left, and whose command ends at the second look."""
    match asked["execute"]:
        case "guest-sync-delimited":
            return [{"return": 1}, {"return": asked["arguments"]["id"]}]
        case "guest-exec":
            return [{"return": {"pid": 9}}]
        case _:
            return [{"return": {"exited": True, "exitcode": 3, "out-data": "aGVsbG8K"}}]


def test_a_command_at_the_console_prints_and_ends_as_it_does_there(
    served: Callable[[Answer, bytes], Path],
) -> None:
    path = served(agent, b"")
    done = subprocess.run(
        [sys.executable, "-m", "runbook.lab.qemu.console", str(path), "echo", "hello"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, b"hello\n"), done.stderr


def test_a_console_that_nobody_serves_says_so(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "runbook.lab.qemu.console", str(tmp_path / "none"), "true"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert done.returncode == console.NO_CONSOLE
    assert b"does not answer" in done.stderr
