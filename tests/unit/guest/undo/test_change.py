"""The guest's own script, run here below a folder that stands for the guest's root."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.unit.guest.undo.conftest import CLOCK, NEW, OLD, GuestFiles
from tests.unit.insides import LocalChannel

from runbook.common.errors import (
    ChangeInProgress,
    GateClosed,
    GoToTheConsole,
    ReadFailed,
    StalePlan,
    StepFailed,
)
from runbook.guest import undo as changes
from runbook.guest.configure.guest_edit import FileEdit, GuestEdit
from runbook.guest.undo import InsideState, detached
from runbook.guest.undo.heredoc import heredoc
from runbook.guest.undo.script import change_script


def test_a_second_change_is_refused_and_leaves_nothing(place: GuestFiles) -> None:
    place.arm()
    with pytest.raises(ChangeInProgress):
        place.arm(number="change-2")
    assert not (place.root / "lib/change-2").exists()
    assert place.state("change-2") is InsideState.UNKNOWN
    assert place.state() is InsideState.ARMED


@pytest.mark.parametrize("what", ["changed", "gone", "appeared"])
def test_a_file_that_has_changed_meanwhile_stops_the_change(place: GuestFiles, what: str) -> None:
    if what == "changed":
        place.config.write_bytes(NEW)
    elif what == "gone":
        place.config.unlink()
    else:
        (place.root / "fresh").write_text("mine")
    with pytest.raises(StalePlan):
        place.arm()
    assert list((place.root / "lib").iterdir()) == []
    assert place.log == []


def test_a_change_whose_time_ran_out_on_the_way_into_the_guest_is_not_armed(
    place: GuestFiles,
) -> None:
    with pytest.raises(StepFailed, match="too little time was left"):
        place.arm(seconds=300, passed=296)
    assert list((place.root / "lib").iterdir()) == []
    assert not (place.root / "etc-network/if-up.d/runbook-inside").exists()


def test_a_guest_that_tells_no_uptime_is_not_armed() -> None:
    with pytest.raises(StepFailed, match="has no number"):
        changes.uptime(LocalChannel(given={"/proc/uptime": "/dev/null"}))


def test_a_change_is_made_and_kept_once_it_is_confirmed(place: GuestFiles) -> None:
    armed = place.arm()
    assert (armed.timer, armed.survives_reboot) == ("sleep", True)
    assert not place.is_changed()
    changes.apply(place.channel, armed, clock=CLOCK)
    assert place.is_changed()
    assert place.log == ["down", NEW.decode().strip()]
    assert place.state() is InsideState.APPLIED
    changes.confirm(place.channel, armed)
    assert place.state() is InsideState.CONFIRMED
    assert place.run("deadline") == 0
    assert place.is_changed()
    assert not (place.root / "lib/armed-inside").is_symlink()
    assert not (place.root / "etc-network/if-up.d/runbook-inside").exists()
    with pytest.raises(StepFailed, match="is confirmed"):
        changes.undo(place.channel, armed, clock=CLOCK)
    # A person at the console may, all the same.
    assert place.run() == 0
    assert place.is_as_before()
    assert place.state() is InsideState.UNDONE


def test_one_that_is_confirmed_is_put_back_where_its_host_did_not_keep_its_part(
    place: GuestFiles,
) -> None:
    armed = place.arm()
    changes.apply(place.channel, armed, clock=CLOCK)
    changes.confirm(place.channel, armed)
    changes.undo(place.channel, armed, clock=CLOCK, confirmed_too=True)
    assert place.is_as_before()
    assert place.state() is InsideState.UNDONE


def test_an_undo_puts_files_back_with_their_modes_and_ends_the_timer(place: GuestFiles) -> None:
    place.config.chmod(0o640)
    armed = place.arm()
    changes.apply(place.channel, armed, clock=CLOCK)
    assert (place.root / "fresh").stat().st_mode & 0o777 == 0o600
    changes.undo(place.channel, armed, clock=CLOCK)
    assert place.is_as_before()
    assert place.config.stat().st_mode & 0o777 == 0o640
    assert place.log[-2:] == ["down", OLD.decode().strip()]
    assert place.state() is InsideState.UNDONE
    with pytest.raises(GateClosed):
        changes.confirm(place.channel, armed)
    # Again is no error, and does nothing.
    before = place.log
    changes.undo(place.channel, armed, clock=CLOCK)
    assert place.run("deadline") == 0
    assert place.log == before


def test_an_undo_before_the_change_leaves_the_network_alone(place: GuestFiles) -> None:
    armed = place.arm()
    changes.undo(place.channel, armed, clock=CLOCK)
    assert (place.log, place.state()) == ([], InsideState.UNDONE)
    with pytest.raises(StepFailed, match="not made"):
        changes.apply(place.channel, armed, clock=CLOCK, patience=2)
    assert (place.log, place.is_as_before()) == ([], True)


def test_the_timer_undoes_what_nobody_confirms(place: GuestFiles) -> None:
    changes.apply(place.channel, place.arm(seconds=306, passed=300), clock=CLOCK)
    found = detached.wait(
        place.channel, "change-1", lambda f: f.state is InsideState.UNDONE, CLOCK, 15
    )
    assert found.state is InsideState.UNDONE
    assert "deadline" in found.journal
    assert place.is_as_before()


def test_the_network_comes_up_again_only_when_the_host_has_moved_the_nic_back(
    place: GuestFiles,
) -> None:
    """Before that, a DHCP client would have a lease of the network that is left."""
    place.channel.given["HOST_S=12"] = "HOST_S=4"
    changes.apply(place.channel, place.arm(seconds=306, passed=300), clock=CLOCK)
    moment = int((place.root / "lib/change-1/moment").read_text())
    detached.wait(place.channel, "change-1", lambda f: f.state is InsideState.UNDONE, CLOCK, 20)
    assert changes.uptime(place.channel) >= moment + 4
    assert place.is_as_before()


def test_a_person_at_the_console_is_obeyed_the_first_time(place: GuestFiles) -> None:
    armed = place.arm()
    changes.apply(place.channel, armed, clock=CLOCK)
    changes.undo(place.channel, armed, clock=CLOCK)
    assert place.run("operator") == 0
    place.config.write_bytes(NEW)
    assert place.run() == 0
    assert place.config.read_bytes() == OLD


def test_a_change_that_does_not_come_up_is_told_with_what_was_said(place: GuestFiles) -> None:
    broken = f"grep -q static {place.root}/interfaces && echo no carrier && exit 7 || true"
    armed = place.arm(up=broken)
    with pytest.raises(StepFailed, match="applied in part") as caught:
        changes.apply(place.channel, armed, clock=CLOCK)
    assert "ended with status 7" in caught.value.what
    assert "no carrier" in caught.value.what
    changes.undo(place.channel, armed, clock=CLOCK)
    assert place.is_as_before()


def test_an_undo_ends_a_change_that_is_under_way(place: GuestFiles) -> None:
    armed = place.arm(up=f"grep -q static {place.root}/interfaces && sleep 30 || true")
    detached.start(place.channel, "change-1", "apply")
    detached.wait(place.channel, "change-1", lambda _: place.is_changed(), CLOCK, 10)
    changes.undo(place.channel, armed, clock=CLOCK, patience=20)
    assert place.is_as_before()
    assert place.state() is InsideState.UNDONE
    assert not (place.root / "lib/change-1/applied").exists()


def test_a_boot_puts_the_files_back_and_touches_no_network(place: GuestFiles) -> None:
    changes.apply(place.channel, place.arm(), clock=CLOCK)
    before = place.log
    assert place.run("boot") == 0
    assert place.is_as_before()
    assert (place.log, place.state()) == (before, InsideState.UNDONE)


def test_a_person_s_undo_is_waited_for(place: GuestFiles) -> None:
    armed = place.arm(up=f"grep -q static {place.root}/interfaces || sleep 4")
    changes.apply(place.channel, armed, clock=CLOCK)
    here = place.root / "lib/change-1"
    # As one types it there: without the path by which the program names it.
    with subprocess.Popen(("sh", "undo"), cwd=here, stdout=subprocess.DEVNULL) as person:
        detached.wait(
            place.channel, "change-1", lambda _: (here / "at-work/pid").exists(), CLOCK, 9
        )
        assert place.run("deadline") == 0
        assert person.wait(20) == 0
    assert (here / "journal").read_text().count("the undo begins") == 1
    assert place.is_as_before()


def test_a_change_that_starts_once_its_undo_has_begun_is_not_made(place: GuestFiles) -> None:
    place.arm()
    # Nothing is called so yet: the link leads nowhere.
    (place.root / "lib/change-1/end").symlink_to("undone")
    assert place.run("apply") == 1
    assert (place.log, place.is_as_before()) == ([], True)


def test_an_undo_that_was_broken_off_is_taken_up_again(place: GuestFiles) -> None:
    armed = place.arm()
    changes.apply(place.channel, armed, clock=CLOCK)
    here = place.root / "lib/change-1"
    (here / "end").symlink_to("undone")
    (here / "at-work").mkdir()
    (here / "at-work/pid").write_text("999999999\n")
    assert place.state() is InsideState.UNDOING
    changes.undo(place.channel, armed, clock=CLOCK)
    assert place.is_as_before()


def test_what_cannot_be_put_back_sends_a_person_to_the_console(place: GuestFiles) -> None:
    armed = place.arm()
    changes.apply(place.channel, armed, clock=CLOCK)
    shutil.rmtree(place.root / "lib/change-1/originals")
    with pytest.raises(GoToTheConsole, match="undone in part"):
        changes.undo(place.channel, armed, clock=CLOCK)
    assert place.state() is InsideState.FAILED


def test_a_guest_that_cannot_be_written_to_is_not_taken_for_confirmed_or_undone(
    place: GuestFiles,
) -> None:
    armed = place.arm()
    changes.apply(place.channel, armed, clock=CLOCK)
    # As on a root that has gone read-only, the link cannot be made.
    (place.root / "lib/change-1/end").write_text("")
    with pytest.raises(StepFailed, match="could not confirm the change: cannot write"):
        changes.confirm(place.channel, armed)
    assert [place.run(*verb) for verb in ((), ("deadline",), ("boot",))] == [1, 1, 1]
    assert place.state() is InsideState.APPLIED
    assert "confirmed" not in (place.root / "lib/change-1/journal").read_text().split("made")[1]
    assert (place.root / "lib/armed-inside").is_symlink()


def test_an_undo_that_failed_stays_armed_until_one_succeeds(place: GuestFiles) -> None:
    changes.apply(place.channel, place.arm(), clock=CLOCK)
    here = place.root / "lib/change-1"
    (here / "originals").rename(here / "away")
    assert place.run("operator") == 1
    assert (place.root / "lib/armed-inside").is_symlink()
    assert (place.root / "etc-network/if-up.d/runbook-inside").exists()
    os.kill(int((here / "timer.pid").read_text()), 0)
    (here / "away").rename(here / "originals")
    assert place.run("boot") == 0
    assert place.is_as_before()
    assert place.state() is InsideState.UNDONE
    assert not (place.root / "lib/armed-inside").is_symlink()


def test_a_file_that_is_as_it_was_is_not_written_by_an_undo(place: GuestFiles) -> None:
    changes.apply(place.channel, place.arm(), clock=CLOCK)
    place.config.write_bytes(OLD)
    was = place.config.stat()
    assert place.run("operator") == 0
    assert (place.config.stat().st_ino, place.is_as_before()) == (was.st_ino, True)


def test_a_file_that_cannot_be_put_back_leaves_no_copy_beside_it(place: GuestFiles) -> None:
    changes.apply(place.channel, place.arm(), clock=CLOCK)
    # Neither can be renamed over.
    place.config.unlink()
    (place.config / "below").mkdir(parents=True)
    (place.root / "fresh").unlink()
    assert place.run("operator") == 1
    assert list(place.root.glob(".*")) == []
    assert "lsattr" in (place.root / "lib/change-1/journal").read_text()


def test_what_is_written_keeps_the_access_control_list(place: GuestFiles) -> None:
    place.config.write_bytes(OLD)
    os.setxattr(place.config, "user.note", b"theirs")
    changes.apply(place.channel, place.arm(), clock=CLOCK)
    assert place.is_changed()
    assert os.getxattr(place.config, "user.note") == b"theirs"
    assert place.run("operator") == 0
    assert os.getxattr(place.config, "user.note") == b"theirs"


def test_a_link_stays_a_link(place: GuestFiles) -> None:
    place.config.rename(place.root / "real")
    place.config.symlink_to("real")
    armed = place.arm()
    changes.apply(place.channel, armed, clock=CLOCK)
    assert place.config.is_symlink()
    assert (place.root / "real").read_bytes() == NEW
    changes.undo(place.channel, armed, clock=CLOCK)
    assert place.config.is_symlink()
    assert place.is_as_before()


def test_a_guest_that_tells_nothing_is_not_taken_for_one_without_a_change() -> None:
    class Mute(LocalChannel):
        def _swapped(self, text: str) -> str:
            return "exit 1" if "readlink" in text else text

    with pytest.raises(ReadFailed):
        changes.read_progress(Mute(), "change-1")


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"a", b"RUNBOOK-END\n", b"a\0b\n", b"\xff\n", b"$x `y`\n"]
)
def test_any_content_is_written_as_it_is(tmp_path: Path, content: bytes) -> None:
    target = tmp_path / "file"
    text = "\n".join(heredoc(f"'{target}'", content)) + "\n"
    subprocess.run(("sh",), input=text.encode(), check=True)
    assert target.read_bytes() == content


def test_a_name_with_a_line_break_begins_no_command() -> None:
    made = GuestEdit("ifupdown", "eth0", (FileEdit("/etc/a\nrm -rf /", b"", b"", 0o644),), (), ())
    lines = change_script(made, "change-1", "vm\nreboot").splitlines()
    assert "reboot" not in lines
    # Within quotes only: as the rest of a word that began on the line before.
    assert [lines[n - 1] for n, line in enumerate(lines) if line.startswith("rm -rf /")] == [
        "    put new/1 '/etc/a",
        "    put originals/1 '/etc/a",
    ]
