"""A guest's files with a secret in them, and the password that leads inside: kept nowhere."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests import stages
from tests.lab import guesting
from tests.lab.guesting import HOST, console

from runbook.common import serial
from runbook.common.errors import CorrectParameters
from runbook.lab import lab as labs
from runbook.lab.names import GUEST_PASSWORD
from runbook.notebook.shared.leave_guests import keep
from runbook.params.guests import Guest
from runbook.preflight import RefusedByPreflight
from runbook.run import pipeline
from runbook.run.record import Folder
from runbook.transport.guest import login

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(900)]
NAME, FILE = "vm-01", "/etc/network/interfaces"
WORD = "hunter22"


@pytest.fixture(scope="module")
def quick(lab: labs.Lab) -> Iterator[str]:
    labs.up(len(lab.hosts), lab.release, lab.addressing, lambda _text: None)
    guesting.on_the_lan()
    guesting.added("quick", NAME)
    guesting.in_guest(NAME, f"cp {FILE} /root/plain || cp {FILE} /plain")
    yield NAME
    labs.renew(HOST)


def hooked(command: str) -> None:
    """The stanza of the NIC has one more line, whatever it had."""
    script = f"cat /root/plain /plain 2>/dev/null >{FILE}; echo '    {command}' >>{FILE}; sync"
    guesting.in_guest(NAME, script)


@pytest.mark.parametrize(
    "command",
    [f"up true --password {WORD}", f"up true -u admin:{WORD} http://nms/", f"# wpa-psk {WORD}"],
)
def test_a_file_with_a_secret_is_declined_and_told_without_it(quick: str, command: str) -> None:
    hooked(command)
    with guesting.session(quick) as made:
        with pytest.raises(RefusedByPreflight, match="holds a secret") as caught:
            guesting.judged(made)
        assert WORD not in str(caught.value)
        said = stages.sessions(made).transcripts()
        assert WORD not in said[quick]


def test_what_a_hook_is_handed_is_in_the_guest_and_nowhere_else(quick: str, tmp_path: Path) -> None:
    hooked(f"up test x != {WORD}")
    was = guesting.inside(quick)
    folder = Folder(tmp_path)
    with guesting.session(quick) as made:
        change = guesting.armed(made)
        change.make("settle")
        guesting.is_there(quick)
        slot = next(stages.sessions(made).armed())
        # Not the word itself, which would be typed at the console by this test.
        pattern = WORD.replace("t", "[t]")
        argv = ("sh", "-c", f"grep -r {pattern} /var/lib/runbook/*/originals")
        there = slot.channel(made.host).run(argv)
        assert there.returncode == 0
        host = console("sh", "-c", f"grep -r {WORD} /var/lib/runbook /run/runbook* || :")
        assert host.strip() == ""
        assert WORD not in serial.dumps(change.underway.armed.plan)
        undone = pipeline.roll_back(made, change.underway, "because")
        sessions = stages.sessions(made)
        sessions.close()
        keep(folder, sessions)
    assert undone.as_before
    assert guesting.inside(quick) == was
    kept = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert any(name.startswith("console-") for name in kept)
    assert any(name.endswith(".sha256") for name in kept)
    assert [name for name, text in kept.items() if WORD in text] == []


def in_background(call: Callable[[], object]) -> list[BaseException]:
    """What a button's thread ends with; it has to end."""
    failed: list[BaseException] = []

    def press() -> None:
        try:
            call()
        except BaseException as error:  # noqa: BLE001 - it is what is looked at
            failed.append(error)

    thread = threading.Thread(target=press, daemon=True)
    thread.start()
    thread.join(120)
    assert not thread.is_alive()
    return failed


def test_a_button_goes_in_by_the_password_that_a_cell_was_told_and_asks_nobody(
    quick: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed: list[str] = []

    def ask(text: str) -> str:
        typed.append(text)
        return GUEST_PASSWORD

    prompt = login.from_prompt
    monkeypatch.setattr(login, "from_prompt", lambda guest, user: prompt(guest, user, ask))
    asked = Guest(name=NAME, address=guesting.address(NAME), login_from="prompt").model_dump()
    with guesting.session(quick, guests=[asked]) as made:
        before = pipeline.read(made)
        (refused,) = in_background(lambda: pipeline.observe(made, before).offers)
        assert isinstance(refused, CorrectParameters)
        assert "runbook undo" in refused.then
        assert typed == []
        assert pipeline.observe(made, before).offers[quick].way
        stages.sessions(made).close()
        assert in_background(lambda: pipeline.observe(made, before).offers) == []
    assert len(typed) == 1
