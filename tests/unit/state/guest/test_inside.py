from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.unit.insides import MAC, LocalChannel

from runbook.common.clock import SystemClock
from runbook.common.errors import ReadFailed
from runbook.state.guest import reader
from runbook.state.guest.answers import parse
from runbook.state.guest.gathered import Gathered, GatheredFile, gathered
from runbook.state.guest.inside import CLOUD_SWITCH, Inside
from runbook.transport.host import Completed

ANSWERS = {
    "nic": "eth0 -\n",
    "uid": "0",
    "hostname": "vm-01",
    "os-release": 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    "addresses": "1: lo    inet 127.0.0.1/8 scope host lo\n"
    "2: eth0    inet 10.0.0.2/8 brd 10.255.255.255 scope global eth0\\  valid_lft forever\n"
    "3: eth1    inet 10.9.0.2/8 scope global eth1\n",
    "routes": "default via 10.0.0.1 dev eth0 onlink\ndefault dev ppp0\n10.0.0.0/8 dev eth0\n",
    "resolv": "# by hand\nsearch lan\nnameserver 9.9.9.9\nnameserver fd00::1\n",
    "tools": " ifup ifdown",
    "systemd": "yes",
}
FILES = {"/etc/network/interfaces": "auto eth0\niface eth0 inet dhcp\n"}


def parsed(files: dict[str, str] | None = None, **answers: str) -> Inside:
    told = {**ANSWERS, **{key.replace("_", "-"): text for key, text in answers.items()}}
    held = FILES if files is None else files
    return parse(
        Gathered(
            {key: text.encode() for key, text in told.items()},
            {path: GatheredFile(text.encode(), 0o644) for path, text in held.items()},
        ),
        MAC,
    )


def test_what_a_guest_tells_is_put_together() -> None:
    seen = parsed()
    assert (seen.ifname, seen.master, seen.os_id, seen.os_version) == ("eth0", "", "debian", "12")
    assert seen.addresses == ("10.0.0.2/8",)
    assert seen.default_routes == ("10.0.0.1 eth0", "- ppp0")
    assert seen.nameservers == ("9.9.9.9", "fd00::1")
    assert (seen.manager, seen.owned_by) == ("ifupdown", "/etc/network/interfaces")
    assert (seen.systemd, seen.root, seen.cloud_init) == (True, True, "absent")


def test_an_address_with_a_far_end_has_the_length_that_ip_shows_behind_it() -> None:
    line = (
        "2: eth0    inet 172.20.7.10 peer 172.16.1.254/32 scope global eth0\\  valid_lft forever\n"
    )
    assert parsed(addresses=line).addresses == ("172.20.7.10/32",)


def test_the_resolver_s_file_is_kept_by_itself_and_a_link_by_where_it_leads() -> None:
    held = {**FILES, "/etc/resolv.conf": "nameserver 9.9.9.9\n"}
    seen = parsed(held)
    assert seen.resolv_conf is not None
    assert seen.resolv_conf.content == b"nameserver 9.9.9.9\n"
    assert [file.path for file in seen.files] == list(FILES)
    linked = parsed(resolv_link="/run/resolvconf/resolv.conf\n")
    assert (linked.resolv_conf, linked.resolv_link) == (None, "/run/resolvconf/resolv.conf")


def test_two_nics_of_one_mac_are_none() -> None:
    assert parsed(nic="eth0 -\neth1 -\n").ifname == ""
    assert parsed(nic="").ifname == ""
    assert parsed(nic="eth0 br0-\n").master == "br0"


NETPLAN = f"network:\n  ethernets:\n    x:\n      match: {{macaddress: '{MAC.upper()}'}}\n"


@pytest.mark.parametrize(
    ("files", "answers", "managers"),
    [
        (FILES, {"tools": ""}, ()),
        ({"/etc/network/interfaces": "iface eth1 inet dhcp\n"}, {}, ()),
        ({}, {"network_file": "/etc/systemd/network/10.network"}, ("systemd-networkd",)),
        ({}, {"network_file": "/usr/lib/systemd/network/80-container.network"}, ()),
        ({}, {"connection": "/etc/NetworkManager/system-connections/x"}, ("NetworkManager",)),
        ({"/etc/netplan/1.yaml": NETPLAN}, {"network_file": "/run/systemd/network/10-netplan-x"},
         ("netplan",)),
        ({"/etc/netplan/1.yaml": NETPLAN, **FILES}, {}, ("netplan", "ifupdown")),
        ({"/etc/netplan/1.yaml": "network: ["}, {}, ("netplan",)),
        (FILES, {"connection": "x"}, ("NetworkManager", "ifupdown")),
    ],
)  # fmt: skip
def test_all_that_lay_claim_to_the_nic_are_named(
    files: dict[str, str], answers: dict[str, str], managers: tuple[str, ...]
) -> None:
    seen = parsed(files, **answers)
    assert seen.managers == managers
    assert seen.manager == (managers[0] if len(managers) == 1 else "")


@pytest.mark.parametrize(
    ("files", "answers", "state"),
    [
        ({}, {}, "on"),
        ({}, {"cloud_disabled": "yes"}, "off"),
        ({"/etc/cloud/cloud.cfg.d/99.cfg": "network: {config: disabled}\n"}, {}, "off"),
        ({"/etc/cloud/cloud.cfg.d/99.cfg": "network:\n  config: disabled\n"}, {}, "off"),
        ({"/etc/cloud/cloud.cfg.d/99.cfg": 'network: {config: "disabled"}\n'}, {}, "off"),
        (
            {"/etc/cloud/cloud.cfg.d/99.cfg": "network:\n  # by hand\n  config: 'disabled'\n"},
            {},
            "off",
        ),
        ({"/etc/cloud/cloud.cfg": "# network: {config: disabled}\n"}, {}, "on"),
        ({"/etc/cloud/cloud.cfg": "x:\n  network: {config: disabled}\n"}, {}, "on"),
        ({"/etc/cloud/cloud.cfg": "network: {config: disabled\n"}, {}, "on"),
        ({"/etc/cloud/cloud.cfg": "- network\n"}, {}, "on"),
    ],
)
def test_whether_cloud_init_writes_the_network(
    files: dict[str, str], answers: dict[str, str], state: str
) -> None:
    assert parsed(files, tools="cloud-init", **answers).cloud_init == state


def test_a_secret_is_kept_in_the_guest() -> None:
    path = "/etc/network/interfaces"
    seen = parsed({path: "iface wlan0 inet dhcp\n    wpa-psk hunter22\n"})
    assert seen.withheld == (path,)
    assert "hunter22" not in repr(seen)
    assert parsed({"/etc/cloud/cloud.cfg": "x: y\n"}).files == ()
    switch = parsed({CLOUD_SWITCH: "network: {}\n"}).file(CLOUD_SWITCH)
    assert switch is not None
    assert switch.content == b"network: {}\n"


@pytest.mark.parametrize("told", [b"", b"A 0 3 x\nab", b"A 0 3 x\nabc\n", b"A 0 x\n", b"A 0 y x\n"])
def test_an_answer_that_broke_off_is_not_understood(told: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        gathered(told)


def test_a_file_is_taken_byte_for_byte() -> None:
    found = gathered(b"F 600 8 /a b\nA 0\nEND\n\nA 0 0 empty\n\nEND\n")
    assert found.files == {"/a b": GatheredFile(b"A 0\nEND\n", 0o600)}
    assert found.text("empty") == ""


def test_this_machine_can_be_looked_into_as_a_guest_is() -> None:
    seen = reader.read(LocalChannel(), "52:54:00:ff:ff:ff", SystemClock())
    assert (seen.ifname, seen.mac) == ("", "52:54:00:ff:ff:ff")
    assert seen.hostname


def test_the_connections_of_networkmanager_stay_where_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "system-connections"
    folder.mkdir()
    (folder / "home.nmconnection").write_text("[wifi-security]\npsk=hunter22\n")
    channel = LocalChannel(given={"/etc/NetworkManager/system-connections": str(folder)})
    reader.read(channel, MAC, SystemClock())
    done = channel.run(channel.ran[0])
    assert b"hunter22" not in done.stdout


@pytest.mark.parametrize(
    ("said", "answers"),
    [
        ("Server: 9.9.9.9\n\nNon-authoritative answer:\n.\tnameserver = a.root-servers.net.", True),
        ("** server can't find .: REFUSED", True),
        ("*** Can't find .: No answer", True),
        (";; connection timed out; no servers could be reached", False),
        ("nslookup: can't resolve '-type=ns': Name does not resolve", False),
        ("Zeitüberschreitung", False),
        ("", False),
    ],
)
def test_a_name_server_answers_where_nslookup_says_so(
    tmp_path: Path, said: str, *, answers: bool
) -> None:
    (tmp_path / "resolv").write_text("nameserver 9.9.9.9\n")
    (tmp_path / "said").write_text(said)
    given = {
        "/etc/resolv.conf": str(tmp_path / "resolv"),
        "command -v perl": "false",
        "command -v nslookup": "true",
        "nslookup -type=ns": f"cat {tmp_path}/said; true",
    }
    assert (
        reader.read(LocalChannel(given=given), MAC, SystemClock()).answering
        == ("9.9.9.9",) * answers
    )


def test_what_cannot_be_replaced_is_told() -> None:
    flags = (
        "----i---------e------- /etc/a b\n--------------e------- /etc/c\n-----a-------- /etc/d\n"
    )
    seen = parsed(flags=flags, links="1 /etc/c\n2 /etc/e f\n", unwritable="/etc/g\n")
    assert seen.unwritable == ("/etc/a b", "/etc/d", "/etc/e f", "/etc/g")
    assert parsed().unwritable == ()


def test_a_file_with_two_names_is_found_on_this_machine(tmp_path: Path) -> None:
    interfaces = tmp_path / "interfaces"
    interfaces.write_text("auto lo\n")
    (tmp_path / "other").hardlink_to(interfaces)
    channel = LocalChannel(given={"/etc/network/interfaces": str(interfaces)})
    assert str(interfaces) in reader.read(channel, MAC, SystemClock()).unwritable


def test_a_file_that_is_taken_in_by_a_name_that_is_not_utf8_is_refused_by_name(
    tmp_path: Path,
) -> None:
    (tmp_path / "interfaces").write_bytes(b"source /etc/network/b\xfccher\n")
    channel = LocalChannel(given={"/etc/network/interfaces": str(tmp_path / "interfaces")})
    with pytest.raises(ReadFailed, match="that name is not UTF-8"):
        reader.read(channel, MAC, SystemClock())


def test_a_guest_that_breaks_off_is_told_with_what_it_said() -> None:
    channel = LocalChannel(given={"answer nic": "echo no room >&2; exit 1; :"})
    with pytest.raises(ReadFailed, match="no room"):
        reader.read(channel, MAC, SystemClock())


@pytest.mark.parametrize(
    "line",
    [
        "    pre-up /usr/local/bin/tell --password hunter22",
        "    post-up curl -u admin:hunter22 http://10.0.0.9/up",
        "    post-up wget http://admin:hunter22@10.0.0.9/up",
        "    wpa-psk hunter22",
    ],
)
def test_a_secret_anywhere_in_a_line_has_its_file_withheld(line: str) -> None:
    path = "/etc/network/interfaces"
    seen = parsed({path: f"auto eth0\niface eth0 inet dhcp\n{line}\n"})
    assert (seen.files, seen.withheld) == ((), (path,))
    flow = {"/etc/netplan/1.yaml": "network: {wifis: {w: {password: hunter22}}}\n"}
    assert parsed(flow).withheld == tuple(flow)


def test_a_comment_withholds_nothing() -> None:
    path = "/etc/network/interfaces"
    seen = parsed({path: "# bypass, pin and auth are with the others\niface eth0 inet dhcp\n"})
    assert [file.path for file in seen.files] == [path]


@pytest.mark.parametrize(
    "text",
    [
        'network: {config: "disabled"}\n',
        "network:\n  # by hand\n  config: 'disabled'\n",
        "network: {config: disabled}\n",
    ],
)
def test_cloud_init_s_switch_is_known_however_it_is_spelt(text: str) -> None:
    off = {"/etc/cloud/cloud.cfg.d/99.cfg": text}
    assert parsed({**FILES, **off}, tools="cloud-init").cloud_init == "off"
    on = {"/etc/cloud/cloud.cfg.d/99.cfg": "network: {config: [\n"}
    assert parsed({**FILES, **on}, tools="cloud-init").cloud_init == "on"


@dataclass
class Telling(LocalChannel):
    """A guest that tells whatever a test makes of its answers, at each look."""

    tell: Callable[[int], bytes] = lambda _look: b"END\n"

    def run(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30.0) -> Completed:
        del stdin, timeout
        self.ran.append(tuple(argv))
        if len(self.ran) > 100:
            pytest.fail("the guest was asked more than 100 times")
        return Completed(tuple(argv), 0, self.tell(len(self.ran)), b"")


def told(name: str, content: bytes, kind: str = "A 0") -> bytes:
    return f"{kind} {len(content)} {name}\n".encode() + content + b"\nEND\n"


@pytest.mark.parametrize(
    "tell",
    [
        lambda look: told(
            "/etc/network/interfaces", f"source /etc/more/{look}\n".encode(), "F 644"
        ),
        lambda _look: told(
            "/etc/network/interfaces",
            b"".join(b"source /etc/more/%d\n" % each for each in range(100_000)),
            "F 644",
        ),
        lambda _look: told("clients", b"x" * (1 << 25)),
    ],
    ids=["one file more each time", "100,000 files", "32 MiB"],
)
def test_a_guest_that_never_comes_to_an_end_is_not_asked_for_ever(
    tell: Callable[[int], bytes],
) -> None:
    channel = Telling(tell=tell)
    with pytest.raises(ReadFailed, match="vm-01"):
        reader.read(channel, MAC, SystemClock())
    assert len(channel.ran) <= 20


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("addresses", "2: eth0    inet\n"),
        ("addresses", "2: eth0    inet zzz scope global\n"),
        ("nic", "eth0\n"),
    ],
)
def test_an_odd_answer_is_said_to_be_one_by_the_guest_s_name(name: str, content: str) -> None:
    nic = told("nic", b"eth0 -\n").removesuffix(b"END\n")
    channel = Telling(tell=lambda _look: nic + told(name, content.encode()))
    with pytest.raises(ReadFailed, match="guest vm-01"):
        reader.read(channel, MAC, SystemClock())


@dataclass
class Slow:
    """A clock by which each look takes a minute."""

    passed: float = 0.0

    def monotonic(self) -> float:
        self.passed += 60
        return self.passed

    def sleep(self, seconds: float) -> None:
        """Nobody waits."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def test_a_guest_that_takes_a_minute_for_each_look_is_given_up_within_minutes(
    tmp_path: Path,
) -> None:
    for number in range(9):
        (tmp_path / f"{number}").write_text(f"source {tmp_path}/{number + 1}\n")
    channel = LocalChannel(given={"/etc/network/interfaces": f"{tmp_path}/0"})
    clock = Slow()
    with pytest.raises(ReadFailed, match="even after 180 s"):
        reader.read(channel, MAC, clock)
    assert clock.passed <= 360
