from __future__ import annotations

import copy
import pickle
import sys
import threading
from types import SimpleNamespace

import pytest

from runbook.common import serial
from runbook.common.errors import CorrectParameters
from runbook.transport.guest.login import (
    Credentials,
    Remembered,
    Secret,
    from_environment,
    from_keyring,
    from_prompt,
)

WORD = "hunter2"


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret(WORD)
    kept = Credentials("root", lambda: secret)
    assert not any(WORD in text for text in (str(secret), repr(secret), f"{secret!s}", repr(kept)))
    assert secret.reveal() == WORD
    for write in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            write(secret)


def test_a_secret_has_no_place_in_a_record() -> None:
    with pytest.raises((TypeError, AttributeError)) as caught:
        serial.dumps(Secret(WORD))
    assert WORD not in str(caught.value)


def test_the_environment_has_one_for_the_guest_or_one_for_all() -> None:
    both = {"RUNBOOK_GUEST_PASSWORD": "all", "RUNBOOK_GUEST_PASSWORD_VM_01": WORD}
    assert from_environment("vm-01", "root", both).password().reveal() == WORD
    assert from_environment("vm-02", "root", both).password().reveal() == "all"
    with pytest.raises(CorrectParameters, match="RUNBOOK_GUEST_PASSWORD_VM_01"):
        from_environment("vm-01", "root", {}).password()


def test_a_person_is_asked_once_it_is_needed() -> None:
    asked: list[str] = []

    def ask(text: str) -> str:
        asked.append(text)
        return WORD

    found = from_prompt("vm-01", "root", ask)
    assert asked == []
    assert found.password().reveal() == WORD
    assert asked == ["password of root in guest vm-01: "]


def test_nobody_to_ask_is_said_with_another_way() -> None:
    def nobody(_text: str) -> str:
        raise EOFError

    with pytest.raises(CorrectParameters, match="nobody to ask") as caught:
        from_prompt("vm-01", "root", nobody).password()
    assert "RUNBOOK_GUEST_PASSWORD_VM_01" in caught.value.then


def test_a_keyring_that_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(CorrectParameters, match="not installed"):
        from_keyring("vm-01", "root").password()


def test_a_keyring_is_asked_for_the_guest(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {("runbook guest vm-01", "root"): WORD}
    keyring = SimpleNamespace(get_password=lambda service, user: held.get((service, user)))
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    assert from_keyring("vm-01", "root").password().reveal() == WORD
    with pytest.raises(CorrectParameters, match="no password of admin"):
        from_keyring("vm-01", "admin").password()


def test_a_locked_keyring_says_nothing_of_what_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(_service: str, _user: str) -> str:
        message = f"locked; {WORD}"
        raise RuntimeError(message)

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=locked))
    with pytest.raises(CorrectParameters, match="RuntimeError") as caught:
        from_keyring("vm-01", "root").password()
    assert WORD not in str(caught.value)


def test_a_password_is_asked_for_once_and_again_where_it_was_refused() -> None:
    typed = iter(("wrong", WORD, "of vm-02"))
    passwords = Remembered()

    def found(guest: str) -> str:
        made = passwords.of(guest, from_prompt(guest, "root", lambda _text: next(typed)))
        return made.password().reveal()

    assert [found("vm-01"), found("vm-01")] == ["wrong", "wrong"]
    passwords.forget("vm-01")
    assert [found("vm-01"), found("vm-01"), found("vm-02")] == [WORD, WORD, "of vm-02"]


def test_a_button_has_nobody_to_ask_and_says_so_rather_than_wait() -> None:
    asked: list[str] = []
    refused: list[CorrectParameters] = []

    def ask(text: str) -> str:
        asked.append(text)
        return WORD

    passwords = Remembered()

    def press() -> None:
        try:
            passwords.of("vm-01", from_prompt("vm-01", "root", ask)).password()
        except CorrectParameters as error:
            refused.append(error)

    def pressed() -> None:
        thread = threading.Thread(target=press)
        thread.start()
        thread.join(10)

    pressed()
    assert asked == []
    (error,) = refused
    assert "runbook undo" in error.then
    # What a cell was told, a button may use.
    passwords.of("vm-01", from_prompt("vm-01", "root", ask)).password()
    pressed()
    assert len(asked) == len(refused) == 1
