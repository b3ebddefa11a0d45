from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn, cast

import pytest
from tests.unit import guest_data, hosts
from tests.unit.fakes import Time

from runbook.common.errors import LoginRefused
from runbook.guest.sessions import GuestSessions
from runbook.notebook.guest import cells as nb
from runbook.notebook.shared.by_hand import undos
from runbook.notebook.shared.leave_guests import keep, leave
from runbook.notebook.shared.runs import Run, Stopped
from runbook.notebook.shared.stages import of_guests
from runbook.notebook.shared.values import Before
from runbook.run import pipeline
from runbook.run.record import Ending, Folder
from runbook.run.session import Session
from runbook.run.subject_guests import GuestSubject
from runbook.transport.guest.channel import Channel
from runbook.transport.host import Host


class Left(GuestSessions):
    """Guests that were left; what they said and what is replaced in them is made up."""

    def __init__(self) -> None:
        asked = guest_data.params()
        super().__init__(asked, asked.guests, _nobody, Time())
        self.said: dict[str, str] = {}
        self.files: list[tuple[str, str, bytes]] = []

    def transcripts(self) -> Mapping[str, str]:
        return self.said

    def originals(self) -> Iterator[tuple[str, str, bytes]]:
        return iter(self.files)


def _nobody(*_: object) -> Channel:
    raise AssertionError


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def texts(folder: Folder, begins: str) -> dict[str, str]:
    found = (path for path in folder.path.iterdir() if path.name.startswith(begins))
    return {path.name: path.read_text() for path in found}


def test_what_is_said_after_a_first_error_is_kept_too(folder: Folder) -> None:
    guests = Left()
    for said in ("", "refused\n", "refused\n", "refused\nthen changed\n"):
        guests.said = {"vm-01": said}
        keep(folder, guests)
    assert texts(folder, "console") == {
        "console-vm-01.txt": "refused\n",
        "console-vm-01-2.txt": "refused\nthen changed\n",
    }


def test_a_guest_s_path_names_a_file_of_this_folder_and_drives_no_terminal(folder: Folder) -> None:
    paths = ("/etc/\x1b]0;pwn\x07/a b\n$(id)", f"/etc/{'x' * 4000}", "/etc/../../../../tmp/x")
    guests = Left()
    guests.files = [("vm-01", path, b"iface eth0\n") for path in paths]
    guests.said = {"vm-01": "\x9b31m\tred\u202e\n"}
    keep(folder, guests)
    there = list(folder.path.iterdir())
    assert len([path for path in there if path.name.startswith("original-")]) == len(paths)
    assert all(path.name.isascii() and path.name.isprintable() for path in there)
    assert texts(folder, "console") == {"console-vm-01.txt": "\\x9b31m\tred\\u202e\n"}


def run_with(guests: GuestSessions, folder: Folder) -> Run:
    """A run that is about these guests."""
    this = Run(made_up(guests), folder, of_guests())
    this.course.leave_guests = lambda: leave(this, this.session.subject)
    return this


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody gets into a guest."""

    def observe(*_: object) -> NoReturn:
        raise LoginRefused("no such login", state="-", then="-")

    monkeypatch.setattr(pipeline, "observe", observe)


@pytest.mark.usefixtures("refused")
def test_what_was_said_where_nobody_got_in_is_in_the_record(folder: Folder) -> None:
    guests = Left()
    guests.said = {"vm-01": "login: »root\nLogin incorrect\n"}
    with pytest.raises(LoginRefused):
        nb.enter(Before(run_with(guests, folder), hosts.before()))
    assert texts(folder, "console") == {"console-vm-01.txt": guests.said["vm-01"]}


@pytest.mark.usefixtures("refused")
def test_an_error_while_they_are_left_does_not_take_the_place_of_the_first(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost() -> NoReturn:
        raise OSError("its console is gone")

    guests = Left()
    guests.said = {"vm-01": "login: »root\n"}
    monkeypatch.setattr(guests, "close", lost)
    with pytest.raises(LoginRefused):
        nb.enter(Before(run_with(guests, folder), hosts.before()))
    assert texts(folder, "console") == {"console-vm-01.txt": guests.said["vm-01"]}
    assert "its console is gone" in texts(folder, "journal")["journal"]


def test_a_run_that_stops_on_purpose_leaves_them_at_its_end(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    guests, left = Left(), list[str]()
    monkeypatch.setattr(guests, "close", lambda: left.append("left"))
    nb.finish(Stopped(run_with(guests, folder), Ending.PLANNED_ONLY, "-"))
    assert left == ["left"]


@pytest.mark.parametrize("cell", ["plan", "preflight", "arm", "verify", "confirm", "after"])
def test_whatever_goes_wrong_in_a_cell_they_are_left(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, cell: str
) -> None:
    guests, left = Left(), list[str]()
    monkeypatch.setattr(guests, "close", lambda: left.append("left"))
    this = run_with(guests, folder)
    # Not what the cell is made for: it fails at the first thing that it does.
    with pytest.raises(AttributeError):
        getattr(nb, cell)(SimpleNamespace(course=this.course))
    assert left == ["left"]


def made_up(guests: GuestSessions) -> Session:
    host = cast("Host", None)
    return Session(
        guest_data.params(),
        host,
        "root@desk",
        "x",
        Time(),
        lambda: host,
        subject=GuestSubject(guests),
    )


def test_each_original_is_kept_as_it_is_under_a_name_of_its_own(folder: Folder) -> None:
    guests = Left()
    odd = b"# \xff\n"
    guests.files = [
        ("vm-01", "/a/b", b"# password of\n"),
        ("vm-01", "/a_b", b"2"),
        ("x", "/c", odd),
    ]
    keep(folder, guests)
    keep(folder, guests)
    assert texts(folder, "original") == {
        "original-vm-01-1_a_b": "# password of\n",
        "original-vm-01-2_a_b": "2",
        "original-x-3_c.base64": base64.encodebytes(odd).decode(),
    }


def test_what_a_hook_is_handed_is_not_kept_and_the_whole_file_can_be_told_by_its_digest(
    folder: Folder,
) -> None:
    plain = "auto eth0\niface eth0 inet dhcp\n    post-up ip link set eth0 mtu 9000 || true\n"
    whole = f"{plain}    up /usr/bin/vpn admin \\\n      hunter22\n    down /usr/bin/bye\n"
    guests = Left()
    guests.files = [("vm-01", "/i", plain.encode()), ("vm-01", "/j", whole.encode())]
    keep(folder, guests)
    kept = texts(folder, "original")
    assert kept["original-vm-01-1_i"] == plain
    shown = f"{plain}    up /usr/bin/vpn <redacted>\n    down /usr/bin/bye\n"
    assert kept["original-vm-01-2_j"] == shown
    digest = hashlib.sha256(whole.encode()).hexdigest()
    assert kept["original-vm-01-2_j.sha256"] == f"{digest}  /j\n"
    assert len(kept) == 3


def test_each_guest_that_has_an_undo_of_its_own_has_the_line_that_a_person_types_there() -> None:
    made = guest_data.plan(guest_data.seen())
    assert undos(made, "x") == {guest_data.NAME: "sh /var/lib/runbook/x/undo"}
    nobody = replace(made, changes=())
    assert undos(nobody, "x") == {}
