"""The transport against a real Debian host over real ssh."""

from __future__ import annotations

import os
import shlex
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runbook.common.errors import (
    HostKeyRejected,
    HypervisorUnavailable,
    MendAccess,
    PythonMissing,
    StepFailed,
    SudoRefused,
)
from runbook.state.diff import compare
from runbook.state.snapshot import take
from runbook.transport import Host, HostFile, ssh, ssh_sudo
from runbook.transport.connect import connect

HOST = "server-01"
NIC = "enp4s0f0"
NEW, DELETE = 20, 21  # RTM_NEWADDR, RTM_DELADDR
ROUTER = "172.16.0.1"
CONFIG = Path("/etc/ssh/ssh_config.d/runbook-lab.conf")
NETWORK = """\
<network><name>scratch</name><bridge name='virbr77'/><ip address='10.77.7.1' prefix='24'/></network>
"""
# Logs in with the key that root has.
ANN = """
useradd --create-home --shell /bin/sh ann
mkdir --mode=700 ~ann/.ssh
cp /root/.ssh/authorized_keys ~ann/.ssh/
chown -R ann: ~ann/.ssh
"""
# A namespace of the host's own plays a gateway behind a bridge port, so that
# the host's real address stays where it is.
BEHIND_A_BRIDGE = """
ip link add br77 type bridge && ip netns add gw77 &&
ip link add port77 type veth peer name eth0 netns gw77 &&
ip link set port77 master br77 up && ip link set br77 up &&
ip addr add 10.77.0.2/24 dev br77 &&
ip -n gw77 addr add 10.77.0.1/24 dev eth0 && ip -n gw77 link set eth0 up
"""


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    live = connect(HOST, prefix=ssh(HOST))
    yield live
    live.close()


@pytest.fixture
def folder(host: Host) -> Iterator[str]:
    path = "/var/tmp/runbook-transport-test"  # noqa: S108 (on the lab's host, and removed)
    host.make_dir(path, 0o700)
    yield path
    host.execute(["rm", "-rf", path])


def configured(tmp_path: Path, option: str) -> Path:
    """The lab's ssh configuration with one option put before it."""
    config = tmp_path / "ssh_config"
    config.write_text(f"Host {HOST}\n    {option}\n{CONFIG.read_text()}")
    return config


def test_a_changed_host_key_is_rejected(tmp_path: Path) -> None:
    key = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    address = subprocess.run(["ssh", "-G", HOST], capture_output=True, text=True, check=True)
    name = dict(line.split(" ", 1) for line in address.stdout.splitlines())["hostname"]
    known = tmp_path / "known_hosts"
    known.write_text(f"{name} {key.with_suffix('.pub').read_text()}")
    with pytest.raises(HostKeyRejected, match="is not the one known for it"):
        connect(HOST, prefix=ssh(HOST, config=configured(tmp_path, f"UserKnownHostsFile {known}")))


def test_an_unknown_host_key_is_rejected(tmp_path: Path) -> None:
    config = configured(tmp_path, "UserKnownHostsFile /dev/null")
    with pytest.raises(HostKeyRejected, match="is not known here"):
        connect(HOST, prefix=ssh(HOST, config=config))


def test_a_login_that_is_refused_is_named(tmp_path: Path) -> None:
    config = configured(tmp_path, "PubkeyAuthentication no")
    with pytest.raises(MendAccess, match="refused the login"):
        connect(HOST, prefix=ssh(HOST, config=config))


def test_a_host_without_python_is_named(host: Host) -> None:
    host.execute(["mv", "/usr/bin/python3", "/usr/bin/python3.away"])
    try:
        with pytest.raises(PythonMissing, match="no usable python3"):
            connect(HOST, prefix=ssh(HOST))
    finally:
        host.execute(["mv", "/usr/bin/python3.away", "/usr/bin/python3"])


def test_a_host_without_sudo_is_named(host: Host) -> None:
    host.execute(["mv", "/usr/bin/sudo", "/usr/bin/sudo.away"])
    try:
        with pytest.raises(SudoRefused, match="No such file"):
            connect(HOST, prefix=ssh_sudo(HOST))
    finally:
        host.execute(["mv", "/usr/bin/sudo.away", "/usr/bin/sudo"])


PROGRAM = Path(__file__).with_name("libvirt_networks.py")


def on_noexec(*points: Path, environ: Mapping[str, str]) -> str:
    """What libvirt on the host answers where a tmpfs mounted noexec is on each of `points`."""
    mounts = [f"mount -t tmpfs -o noexec tmpfs {shlex.quote(str(point))}" for point in points]
    ask = shlex.join(("exec", sys.executable, str(PROGRAM), HOST))
    script = "; ".join(["set -e", *mounts, ask])
    command = ("unshare", "--mount", "sh", "-c", script)
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], **environ},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    """A folder for each place where the ssh script may go."""
    made = {name: tmp_path / name for name in ("TMPDIR", "XDG_RUNTIME_DIR", "HOME")}
    for place in (*made.values(), made["HOME"] / ".cache"):
        place.mkdir()
    return made


@pytest.mark.parametrize("noexec", [("TMPDIR",), ("TMPDIR", "XDG_RUNTIME_DIR")])
def test_libvirt_answers_where_temporary_files_do_not_execute(
    places: dict[str, Path], noexec: tuple[str, ...]
) -> None:
    environ = {name: str(place) for name, place in places.items()}
    said = on_noexec(*(places[name] for name in noexec), environ=environ)
    assert "default" in said.split(), said


def test_where_no_file_executes_the_error_names_noexec_and_what_to_do(
    places: dict[str, Path],
) -> None:
    environ = {name: str(place) for name, place in places.items()}
    said = on_noexec(*places.values(), environ=environ)
    assert f"{places['TMPDIR']}: the file system is mounted noexec" in said
    assert "export TMPDIR=" in said
    assert "no host was contacted" in said
    assert "libvirtd" not in said


@pytest.fixture
def user(host: Host, tmp_path: Path) -> Iterator[Path]:
    """An unprivileged user of the host, in no group of its own; the way to log in as that user."""
    assert host.execute(["sh", "-ec", ANN]).returncode == 0
    yield configured(tmp_path, "User ann")
    host.execute(["rm", "-f", "/etc/sudoers.d/ann"])
    host.execute(["userdel", "--force", "--remove", "ann"])


def test_a_user_who_is_not_in_sudoers_is_refused(user: Path) -> None:
    with pytest.raises(SudoRefused, match="password is required") as caught:
        connect(HOST, prefix=ssh_sudo(HOST, config=user))
    assert "NOPASSWD" in caught.value.then
    assert "nothing was read or written" in caught.value.state


def test_a_user_with_passwordless_sudo_reads_all_that_root_does(host: Host, user: Path) -> None:
    rule = HostFile("/etc/sudoers.d/ann", b"ann ALL=(root) NOPASSWD: ALL\n", 0o440)
    host.write_file(rule)
    assert host.execute(["usermod", "--append", "--groups", "libvirt", "ann"]).returncode == 0
    live = connect(HOST, prefix=ssh_sudo(HOST, config=user))
    try:
        assert live.query(["id", "--user"]).stdout == b"0\n"
        (shadow,) = live.read_files(["/etc/shadow"])
        assert shadow is not None
        assert live.libvirt_version() > 1_000_000
        seen = take(live, datetime.now(UTC))
    finally:
        live.close()
    assert compare(take(host, datetime.now(UTC)), seen).empty


def test_a_user_who_is_not_in_the_group_libvirt_is_told_so(host: Host, user: Path) -> None:
    host.write_file(HostFile("/etc/sudoers.d/ann", b"ann ALL=(root) NOPASSWD: ALL\n", 0o440))
    live = connect(HOST, prefix=ssh_sudo(HOST, config=user))
    try:
        with pytest.raises(HypervisorUnavailable):
            live.networks()
    finally:
        live.close()


def test_a_configuration_file_serves_the_relay_and_libvirt_alike(tmp_path: Path) -> None:
    config = tmp_path / "elsewhere"
    config.write_text(CONFIG.read_text().replace(HOST, "renamed"))
    live = connect("renamed", prefix=ssh("renamed", config=config))
    assert live.query(["hostname"]).stdout.decode().strip() == HOST
    assert live.libvirt_version() > 1_000_000
    live.close()


def test_one_datagram_makes_all_its_changes(host: Host) -> None:
    index = int(host.query(["cat", "/sys/class/net/lo/ifindex"]).stdout)
    made = [address(NEW, n, index, f"10.78.0.{n}") for n in (1, 2, 3)]
    host.send_netlink(b"".join(made))
    assert host.query(["ip", "addr", "show", "lo"]).stdout.count(b"10.78.0.") == 3
    with pytest.raises(StepFailed, match=r"refused message 2 of 2 \(RTM_NEWADDR\): File exists"):
        host.send_netlink(address(DELETE, 1, index, "10.78.0.1") + made[1])
    host.send_netlink(b"".join(address(DELETE, n, index, f"10.78.0.{n}") for n in (2, 3)))
    assert b"10.78.0." not in host.query(["ip", "addr", "show", "lo"]).stdout


def address(kind: int, sequence: int, index: int, text: str) -> bytes:
    packed = bytes(int(part) for part in text.split("."))
    body = struct.pack("=BBBBi", 2, 32, 0, 0, index) + struct.pack("=HH", 8, 2) + packed
    # NLM_F_REQUEST | NLM_F_ACK, and to add: NLM_F_CREATE | NLM_F_EXCL.
    flags = 0x605 if kind == NEW else 0x5
    return struct.pack("=IHHII", 16 + len(body), kind, flags, sequence, 0) + body


def test_a_write_keeps_the_owner_and_mode_it_is_given(host: Host, folder: str) -> None:
    file = HostFile(f"{folder}/file", b"content\n", 0o2640, uid=33, gid=4)
    host.write_file(file)
    assert host.read_files([file.path]) == (file,)
    assert host.query(["stat", "-c", "%a %u %g", file.path]).stdout == b"2640 33 4\n"


def test_a_full_disk_leaves_files_and_journals_as_they_were(host: Host, folder: str) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]
    assert host.execute(mount).returncode == 0
    try:
        for name in ("journal", "interfaces"):
            host.write_file(HostFile(f"{folder}/{name}", b"old\n", 0o644))
        with pytest.raises(StepFailed, match="No space left"):
            host.append_file(f"{folder}/journal", b"x" * (1 << 20))
        with pytest.raises(StepFailed, match="No space left"):
            host.write_file(HostFile(f"{folder}/interfaces", b"x" * (1 << 20), 0o644))
        files = host.read_files([f"{folder}/journal", f"{folder}/interfaces"])
        assert [file.content for file in files if file] == [b"old\n", b"old\n"]
        assert host.query(["ls", "-A", folder]).stdout == b"interfaces\njournal\n"
    finally:
        host.execute(["umount", folder])


def test_the_gateways_view_is_the_mac_that_it_answers_to(host: Host) -> None:
    mac = host.query(["cat", f"/sys/class/net/{NIC}/address"]).stdout.decode().strip()
    assert host.gateway_mac_view(ROUTER, NIC) == mac


def test_a_gateway_that_does_not_answer_has_no_view(host: Host) -> None:
    assert host.gateway_mac_view("172.16.0.250", NIC, timeout=1.0) is None


def test_the_gateways_view_is_seen_on_a_bridge_port(host: Host) -> None:
    try:
        assert host.execute(["sh", "-ec", BEHIND_A_BRIDGE]).returncode == 0
        mac = host.query(["cat", "/sys/class/net/br77/address"]).stdout.decode().strip()
        assert host.gateway_mac_view("10.77.0.1", "port77", timeout=5.0) == mac
    finally:
        host.execute(["ip", "netns", "del", "gw77"])
        host.execute(["ip", "link", "del", "br77"])


def test_another_machine_that_has_an_address_is_heard_and_forgotten(host: Host) -> None:
    try:
        assert host.execute(["sh", "-ec", BEHIND_A_BRIDGE]).returncode == 0
        there = host.query(["ip", "netns", "exec", "gw77", "cat", "/sys/class/net/eth0/address"])
        mac = there.stdout.decode().strip()
        assert host.who_has("10.77.0.1", "port77") == (mac,)
        assert host.who_has("10.77.0.3", "port77") == ()
        neighbours = host.query(["ip", "-n", "gw77", "neighbour"])
        assert neighbours.stdout == b""
        # An interface that is down is another finding's business.
        host.execute(["ip", "link", "set", "port77", "down"])
        assert host.who_has("10.77.0.1", "port77") == ()
    finally:
        host.execute(["ip", "netns", "del", "gw77"])
        host.execute(["ip", "link", "del", "br77"])
