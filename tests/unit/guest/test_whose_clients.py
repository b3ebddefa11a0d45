"""A process of a guest that is called like a DHCP client may be anybody's, or a container's."""

from __future__ import annotations

import os
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

NET, OTHER = "net:[1]", "net:[2]"
ROOT, MALLORY = "0\t0\t0\t0", "1000\t1000\t1000\t1000"
DHCPCD = str(os.getuid() or 100)


@pytest.fixture
def guest(tmp_path: Path) -> Path:
    """A /proc in which only the first process is; programs that say what they were asked."""
    put(tmp_path, 1, "init", ("/sbin/init",))
    return tmp_path


def put(
    root: Path, pid: int, comm: str, words: tuple[str, ...], *, uids: str = ROOT, net: str = NET
) -> None:
    """One process of the guest."""
    place = root / f"proc/{pid}"
    (place / "ns").mkdir(parents=True)
    (place / "comm").write_text(f"{comm}\n")
    (place / "cmdline").write_text("".join(f"{word}\0" for word in words))
    (place / "status").write_text(f"Name:\t{comm}\nUid:\t{uids}\nGid:\t0\t0\t0\t0\n")
    (place / "ns/net").symlink_to(net)


def part(package: str, name: str, first: str, last: str, root: Path) -> str:
    """Some lines of a script, with `root` for /."""
    text = files(package).joinpath(name).read_text()
    begin = text.index(first)
    return text[begin : text.index(last, begin)].replace("/proc/", f"{root}/proc/")


def told(root: Path) -> list[str]:
    """The clients that inside.sh tells of."""
    script = part("runbook.state.guest", "inside.sh", "is_own() {", "# systemd-networkd asks", root)
    own = f'id() {{ [ "$2" = dhcpcd ] && echo {DHCPCD}; }}\n'
    argv = ["sh", "-c", f'{own}{script}\nprintf "%s" "$clients"']
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return [line.strip() for line in done.stdout.splitlines()]


def killed(root: Path) -> list[str]:
    """The processes that the guest's undo ends for eth0."""
    script = part("runbook.guest.undo", "change.sh", "stop_clients() {", "# What a command", root)
    argv = ["sh", "-c", f'kill() {{ echo "$1"; }}\n{script}\nstop_clients eth0']
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()


WORDS = ("dhclient", "-4", "eth0")


def test_the_guest_s_own_client_is_told_of_and_ended(guest: Path) -> None:
    put(guest, 7, "dhclient", WORDS)
    assert told(guest) == ["dhclient -4 eth0"]
    assert killed(guest) == ["7"]


@pytest.mark.parametrize(
    ("uids", "net"),
    [(MALLORY, NET), ("1000\t0\t0\t0", NET), (ROOT, OTHER)],
    ids=["a user's", "a setuid program's", "a container's"],
)
def test_another_s_process_of_the_same_words_is_neither(guest: Path, uids: str, net: str) -> None:
    put(guest, 7, "dhclient", WORDS, uids=uids, net=net)
    put(guest, 8, "udhcpc", ("udhcpc", "-i", "eth0"), uids=uids, net=net)
    assert told(guest) == []
    assert killed(guest) == []


def test_debian_s_dhcpcd_works_as_a_user_of_its_own(guest: Path) -> None:
    title = ("dhcpcd: eth0 [ip4]",)
    put(guest, 7, "dhcpcd", title, uids="\t".join([DHCPCD] * 4))
    put(guest, 8, "dhcpcd", title, uids=MALLORY)
    assert told(guest) == ["dhcpcd: eth0 [ip4]"]
