"""A tree of files, searched as a host's is."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.unit import fakes
from tests.unit.fakes import BRIDGE, NIC

from runbook.common.errors import ReadFailed
from runbook.state.host import line_search, linked_files, naming_files
from runbook.state.host.naming_files import NamingFile, NamingFiles
from runbook.transport.host import Completed


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host whose units are in `units`, and whose other files are in `opt`."""
    (tmp_path / "units").mkdir()
    (tmp_path / "opt").mkdir()
    monkeypatch.setattr(naming_files, "TREES", (str(tmp_path / "units"), "/no/such/place"))
    monkeypatch.setattr(naming_files, "STARTS", (str(tmp_path / "units"),))
    monkeypatch.setattr(naming_files, "_PATH", f"{tmp_path}/[A-Za-z0-9._/-]+")
    return tmp_path


def search() -> NamingFiles:
    def answer(argv: Sequence[str]) -> Completed | None:
        if argv[0] not in ("grep", "find"):
            return Completed(tuple(argv), 0, b"", b"")
        environment = {"LC_ALL": "C", "PATH": os.environ["PATH"]}
        done = subprocess.run(argv, capture_output=True, check=False, env=environment)
        return Completed(tuple(argv), done.returncode, done.stdout, done.stderr)

    return naming_files.read(fakes.FakeHost(answers=[answer]), NIC, BRIDGE)


def only(found: NamingFiles) -> NamingFile:
    (file,) = found.files
    assert found.complete
    return file


def test_a_script_is_found_by_way_of_the_unit_that_runs_it(tree: Path) -> None:
    script, unit = tree / "opt/fw", tree / "units/fw.service"
    unit.write_text(f"[Service]\nExecStart={tree}/opt/start --now\n")
    (tree / "opt/start").write_text(f"#!/bin/sh\n. {script}\n")
    script.write_text(f"#!/bin/sh\nEXT={NIC}\niptables -A INPUT -i $EXT -j ACCEPT\n")
    found = only(search())
    assert (found.path, found.led_from, found.filters) == (
        str(script),
        (str(tree / "opt/start"),),
        True,
    )
    assert [(line.number, line.text) for line in found.lines] == [(2, f"EXT={NIC}")]


def test_a_script_that_filters_whatever_interface_comes_up_is_found(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming_files, "IFUPDOWN", str(tree / "units"))
    (tree / "units/fw").write_text('#!/bin/sh\niptables -A INPUT -i "${IFACE}" -j ACCEPT\n')
    (tree / "units/ntp").write_text('#!/bin/sh\n[ "$IFACE" = lo ] || service ntp restart\n')
    assert search().by_variable == (str(tree / "units/fw"),)


def test_a_script_that_gives_any_interface_an_address_is_found_with_its_line(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming_files, "IFUPDOWN", str(tree / "units"))
    monkeypatch.setattr(naming_files, "SCRIPTS", str(tree / "units/if-*.d/*"))
    folder = tree / "units/if-up.d"
    folder.mkdir()
    (folder / "alias").write_text(
        '#!/bin/sh\n# ip addr add $IFACE\nip a add 10.0.0.9/8 dev "$IFACE"\n'
    )
    # As bridge-utils and avahi-autoipd have them.
    (folder / "bridge").write_text('ip address add "$IF_ADDRESS"/"$IF_NETMASK" dev $IFACE\n')
    (folder / "avahi").write_text("ip route add 169.254.0.0/16 dev $IFACE scope link\n")
    (tree / "units/interfaces").write_text("up ip addr add 10.0.0.9/8 dev $IFACE\n")
    (found,) = search().giving
    assert (found.path, [line.number for line in found.lines]) == (str(folder / "alias"), [3])


def test_a_file_by_way_of_a_link_out_of_the_searched_places_is_read(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    etc, checkout = tree / "etc", tree / "checkout"
    (checkout / "nft").mkdir(parents=True)
    etc.mkdir()
    monkeypatch.setattr(naming_files, "TREES", (str(etc),))
    (checkout / "lan.conf").write_text(f"interface={NIC}\n")
    (checkout / "nft/main.nft").write_text(f"iifname {NIC} accept\n")
    (etc / "lan.conf").symlink_to(checkout / "lan.conf")
    (etc / "nft").symlink_to(checkout / "nft")
    (etc / "gone").symlink_to(checkout / "gone")
    (etc / "root").symlink_to("/")
    found = search()
    assert [file.path for file in found.files] == [str(etc / "lan.conf"), str(etc / "nft/main.nft")]
    assert found.complete


def test_more_links_than_are_followed_are_not_called_all(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linked_files, "MOST", 1)
    (tree / "checkout").mkdir()
    for name in ("a", "b"):
        (tree / "checkout" / name).write_text("nothing\n")
        (tree / "units" / name).symlink_to(tree / "checkout" / name)
    assert not search().complete


def test_links_that_cannot_be_searched_are_not_taken_for_none() -> None:
    def answer(argv: Sequence[str]) -> Completed | None:
        failed = argv[0] == "find"
        return Completed(tuple(argv), 127 if failed else 1, b"", b"find: not found")

    with pytest.raises(ReadFailed, match="find: not found"):
        naming_files.read(fakes.FakeHost(answers=[answer]), NIC, BRIDGE)


def test_a_byte_that_is_not_utf_8_hides_nothing(tree: Path) -> None:
    (tree / "units/fw").write_bytes(b"# f\xfcr B\xfcro\n-A INPUT -i enp4s0f0 -j ACCEPT\n")
    assert only(search()).lines[0].number == 2


def test_a_linked_unit_is_read_and_links_that_lead_nowhere_are_passed_over(tree: Path) -> None:
    (tree / "opt/fw").write_text(f"ExecStart=/sbin/iptables -A INPUT -i {NIC} -j ACCEPT\n")
    (tree / "units/fw.service").symlink_to(tree / "opt/fw")
    (tree / "units/gone").symlink_to("/no/such/file")
    (tree / "units/around").symlink_to(tree / "units")
    assert str(tree / "units/fw.service") in {file.path for file in search().files}


def test_a_pipe_is_not_waited_for(tree: Path) -> None:
    os.mkfifo(tree / "opt/pipe")
    (tree / "units/fw.service").write_text(f"ExecStart={tree}/opt/pipe\n")
    os.mkfifo(tree / "units/pipe")
    assert search() == NamingFiles()


def test_a_file_with_very_many_lines_is_not_said_to_be_searched_to_its_end(tree: Path) -> None:
    (tree / "units/fw").write_text(f"-A INPUT -i {NIC} -j ACCEPT\n" * 1000)
    found = search()
    assert len(found.files[0].lines) == line_search.MOST_LINES
    assert not found.complete


def test_a_very_long_line_is_cut(tree: Path) -> None:
    (tree / "units/fw").write_text("x" * 100_000 + f" {NIC} " + "y" * 100_000)
    assert len(only(search()).lines[0].text) < 400


def test_another_interface_whose_name_begins_alike_is_not_meant(tree: Path) -> None:
    (tree / "units/fw").write_text(f"-A INPUT -i {NIC}1 -j ACCEPT\n-A INPUT -i x{NIC} -j DROP\n")
    assert search() == NamingFiles()


def test_a_search_that_fails_is_not_taken_for_an_empty_one() -> None:
    def answer(argv: Sequence[str]) -> Completed:
        return Completed(tuple(argv), 2, b"", b"grep: /etc: Permission denied\n")

    with pytest.raises(ReadFailed, match="Permission denied"):
        naming_files.read(fakes.FakeHost(answers=[answer]), NIC, BRIDGE)


def test_no_user_can_have_their_own_crontab_taken_for_the_host_s(tmp_path: Path) -> None:
    crontabs = tmp_path / "var/spool/cron/crontabs"
    crontabs.mkdir(parents=True)
    for user in ("root", "mallory"):
        (crontabs / user).write_text(f"@reboot iptables -A INPUT -i {NIC} -j DROP # {user}\n")

    def answer(argv: Sequence[str]) -> Completed | None:
        at = [*argv, "--"].index("--") + 1
        below = [*argv[:at], *(f"{tmp_path}{place}" for place in argv[at:])]
        done = subprocess.run(below, capture_output=True, check=False)
        return Completed(tuple(argv), done.returncode, done.stdout, done.stderr)

    found = naming_files.read(fakes.FakeHost(answers=[answer]), NIC, BRIDGE)
    assert [file.path for file in found.files] == [str(crontabs / "root")]


@pytest.mark.parametrize("kind", ["loop", "pipe", "endless"])
def test_a_user_s_file_that_cannot_be_read_stops_no_search_and_is_told(
    tree: Path, kind: str
) -> None:
    """A unit of root's names the file, which its user made unreadable."""
    (tree / "units/a.service").write_text(f"ExecStart={tree}/opt/a\n# {NIC}\n")
    file = tree / "opt/a"
    match kind:
        case "loop":
            file.symlink_to(file)
        case "pipe":
            os.mkfifo(file)
        case "endless":
            with file.open("wb") as sparse:
                sparse.write(b"x" * 40_000)
                sparse.truncate(1 << 40)
    found = search()
    assert [each.path for each in found.files] == [str(tree / "units/a.service")]
    assert found.complete is (kind != "loop")


def test_of_a_file_that_is_all_secrets_only_the_nic_s_name_is_kept(tree: Path) -> None:
    (tree / "units/chap-secrets").write_text(f"joe {NIC} hunter22hunter *\n")
    (line,) = only(search()).lines
    assert line.text == f"{NIC} <redacted>"
