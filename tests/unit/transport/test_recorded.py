from __future__ import annotations

import gzip
import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.common.errors import ReadFailed, ReadOnlyHost
from runbook.transport import HostFile, RecordedHost, Recorder, Recording
from runbook.transport.live import LiveHost
from runbook.transport.process import Process
from runbook.transport.questions import to_bytes
from runbook.transport.recording import pack

LINKS = bytes.fromhex("14000000120001030100000000000000") + bytes(4)
WRITES: list[Callable[[RecordedHost], object]] = [
    lambda host: host.execute(["ip", "link"]),
    lambda host: host.write_file(HostFile("/etc/hostname", b"", 0o644)),
    lambda host: host.append_file("/etc/hostname", b""),
    lambda host: host.remove_file("/etc/hostname"),
    lambda host: host.move_file("/etc/hostname", "/etc/hostname.old"),
    lambda host: host.make_dir("/etc/runbook", 0o755),
    lambda host: host.symlink("a", "/b"),
    lambda host: host.send_netlink(b""),
    lambda host: host.send_frame("lo", b""),
    lambda host: host.guarded("/lock", "/open").remove_file("/etc/hostname"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "server.json"
    Recording("server-01", {}).save(path)
    return path


def test_a_file_name_that_is_not_utf8_is_recorded_too(tmp_path: Path) -> None:
    path, name = tmp_path / "host.json", "/etc/network/interfaces.d/b\udcfccher"
    Recording("server-01", {("glob", "/etc/*"): [name]}).save(path)
    path.read_text("utf-8")
    assert RecordedHost(path).glob("/etc/*") == (name,)


@pytest.mark.parametrize("write", WRITES)
def test_every_write_is_refused(path: Path, write: Callable[[RecordedHost], object]) -> None:
    with pytest.raises(ReadOnlyHost, match="a recorded host cannot") as caught:
        write(RecordedHost(path))
    assert caught.value.host == "server-01"


@pytest.mark.parametrize(
    ("ask", "named"),
    [
        (lambda host: host.query(["ip", "route"]), "query ip route"),
        (lambda host: host.read_files(["/etc/hostname"]), "file /etc/hostname"),
        (lambda host: host.glob("/etc/*"), r"glob /etc/\*"),
        (lambda host: host.processes(["dhclient"]), "/proc/"),
        (lambda host: host.dump(LINKS), "dump 14"),
        (lambda host: host.networks(), "networks"),
        (lambda host: host.guests(), "guests"),
        (lambda host: host.libvirt_version(), "libvirt_version"),
        (lambda host: host.gateway_mac_view("172.16.0.1", "eth0"), "172.16.0.1 eth0"),
        (lambda host: host.who_has("172.16.1.1", "eth0"), "who_has 172.16.1.1 eth0"),
    ],
)
def test_what_was_not_asked_then_is_named(
    path: Path, ask: Callable[[RecordedHost], object], named: str
) -> None:
    with pytest.raises(ReadFailed, match=f"no answer to: .*{named}"):
        ask(RecordedHost(path))


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "not JSON", '{"format":"runbook-recording","version":2}', '{"format":1}'],
)
def test_a_file_that_is_no_recording_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(ReadFailed, match=r"cannot read the recording .*other\.json"):
        RecordedHost(path)


def test_a_recording_that_is_missing_or_broken_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json.gz"
    broken.write_bytes(gzip.compress(b"{}")[:-4])
    for path in (tmp_path / "none.json", broken):
        with pytest.raises(ReadFailed, match=path.name):
            RecordedHost(path)


@pytest.mark.parametrize("name", ["server.json", "server.json.gz"])
def test_a_recorded_host_answers_as_the_live_one_did(
    host: LiveHost, tmp_path: Path, name: str
) -> None:
    (tmp_path / "binary").write_bytes(b"\0\xff")
    paths = [str(tmp_path / "binary"), str(tmp_path / "none")]
    recorder = Recorder(host)
    live = answers(recorder, paths)
    recorder.save(tmp_path / name)
    recorded = RecordedHost(tmp_path / name)
    assert answers(recorded, paths) == live
    assert recorded.name == "here"
    assert recorded.read_files(paths[::-1]) == recorder.read_files(paths)[::-1]


def answers(host: Recorder | RecordedHost, paths: list[str]) -> list[object]:
    return [
        host.query(["sh", "-c", "echo out; echo err >&2; exit 4"]),
        host.query(["no-such-program"]),
        host.read_files(paths),
        host.glob("/proc/sys/kernel/os*", "/none/*", "/proc/sys/kernel/host*"),
        host.processes(["no-such-program"]),
        host.networks(),
        host.guests(),
        host.libvirt_version(),
    ]


def test_a_dump_is_found_again_whatever_its_sequence_number(host: LiveHost, tmp_path: Path) -> None:
    recorder = Recorder(host)
    reply = recorder.dump(LINKS)
    recorder.save(tmp_path / "links.json")
    other = LINKS[:8] + b"\x09\0\0\0" + LINKS[12:]
    assert RecordedHost(tmp_path / "links.json").dump(other) == reply


def test_a_recording_from_before_owners_were_asked_has_only_command_lines(tmp_path: Path) -> None:
    cmdline = {"content": pack(b"/sbin/dhclient\0eth0\0"), "mode": "0444", "uid": 0, "gid": 0}
    paths = ["/proc/7/cmdline", "/proc/8/cmdline"]
    answers: dict[tuple[str, ...], object] = {
        ("glob", "/proc/[0-9]*/cmdline"): paths,
        ("file", paths[0]): cmdline,
        ("file", paths[1]): None,
    }
    Recording("server-01", answers).save(tmp_path / "older.json")
    older = RecordedHost(tmp_path / "older.json")
    assert older.processes(["dhclient"]) == (Process(7, b"/sbin/dhclient\0eth0\0"),)


def test_the_first_answer_is_the_one_kept(host: LiveHost, tmp_path: Path) -> None:
    recorder = Recorder(host)
    first = recorder.query(["date", "+%N"])
    assert recorder.query(["date", "+%N"]) != first
    recorder.save(tmp_path / "date.json")
    assert RecordedHost(tmp_path / "date.json").query(["date", "+%N"]) == first


class Claimed(RecordedHost):
    """A host for whose address another machine answers."""

    def who_has(self, address: str, ifname: str, *, timeout: float = 1.2) -> tuple[str, ...]:
        del timeout
        return ("02:00:00:00:00:99",) if (address, ifname) == ("172.16.1.1", "eth0") else ()


def test_who_answered_for_an_address_is_recorded_by_address_and_interface(
    path: Path, tmp_path: Path
) -> None:
    recorder = Recorder(Claimed(path))
    asked = (("172.16.1.1", "eth0"), ("172.16.1.2", "eth0"))
    live = [recorder.who_has(*one) for one in asked]
    recorder.save(tmp_path / "claimed.json")
    assert [RecordedHost(tmp_path / "claimed.json").who_has(*one) for one in asked] == live
    assert live == [("02:00:00:00:00:99",), ()]


def test_a_recording_is_for_its_owner_alone_and_can_be_read_by_a_person(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    document = json.loads(path.read_text())
    assert (document["format"], document["version"]) == ("runbook-recording", 1)


def test_the_same_answers_make_the_same_file(tmp_path: Path) -> None:
    recording = Recording("server-01", {("glob", "b"): ["x"], ("glob", "a"): []})
    for name in ("one.json.gz", "two.json.gz"):
        recording.save(tmp_path / name)
    assert (tmp_path / "one.json.gz").read_bytes() == (tmp_path / "two.json.gz").read_bytes()


@given(st.binary())
def test_any_bytes_are_kept(data: bytes) -> None:
    assert to_bytes(json.loads(json.dumps(pack(data)))) == data
