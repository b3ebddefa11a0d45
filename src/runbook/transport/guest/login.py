"""Who logs in at a guest's console, and where the password comes from.

It is asked for when a login wants it, then remembered for the session (`Remembered`), and is
in no record: `Secret` shows itself to nobody who does not ask by name.
"""

from __future__ import annotations

import getpass
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from runbook.common.errors import CorrectParameters

VARIABLE = "RUNBOOK_GUEST_PASSWORD"
SERVICE = "runbook guest"
SOURCES = ("prompt", "environment", "keyring")


class Secret:
    """A password; neither `repr` nor `str` nor JSON shows it.

    No dataclass: whatever writes those as JSON would write this one too.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Hold it."""
        self._value = value

    def reveal(self) -> str:
        """The password itself, for the one who types it."""
        return self._value

    def __repr__(self) -> str:
        """Not the password."""
        return "Secret(…)"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied into anything."""
        message = "a secret is not written anywhere"
        raise TypeError(message)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user, and how to get the password when a login asks for it.

    `typed`: a person types it, and can be asked again.
    """

    user: str
    password: Callable[[], Secret]
    typed: bool = False


class Remembered:
    """The passwords that logins were made with, by guest: nobody is asked for one twice."""

    def __init__(self) -> None:
        """None is known yet."""
        self._known: dict[str, Secret] = {}

    def of(self, guest: str, who: Credentials) -> Credentials:
        """The same user; the password is asked for where it is not known yet."""

        def password() -> Secret:
            if guest not in self._known:
                self._known[guest] = who.password()
            return self._known[guest]

        return Credentials(who.user, password, who.typed)

    def forget(self, guest: str) -> None:
        """It was refused: the next login asks again."""
        self._known.pop(guest, None)


def variables(guest: str) -> tuple[str, str]:
    """The environment variables that are looked into: the guest's own, then that for all."""
    return f"{VARIABLE}_{re.sub(r'[^A-Za-z0-9]', '_', guest).upper()}", VARIABLE


def from_environment(guest: str, user: str, environment: Mapping[str, str]) -> Credentials:
    """The password out of one of `variables`; raises CorrectParameters if neither is set."""

    def password() -> Secret:
        for name in variables(guest):
            if environment.get(name):
                return Secret(environment[name])
        raise _missing(
            f"the console of guest {guest} asks for the password of {user}, and neither"
            f" {' nor '.join(variables(guest))} is set",
            f"set {variables(guest)[0]}, or choose another source: {', '.join(SOURCES)}",
        )

    return Credentials(user, password)


def from_prompt(
    guest: str, user: str, ask: Callable[[str], str] = getpass.getpass, introduction: str = ""
) -> Credentials:
    """The password as a person types it; asked for only when the login does, after `said`.

    Nobody is asked outside of the main thread: what a notebook asks once its cell is over
    reaches no person, and is waited for without end.
    """

    def password() -> Secret:
        if threading.current_thread() is not threading.main_thread():
            raise _missing(
                f"the console of guest {guest} asks for the password of {user},"
                " and a button or a watch cannot ask you for it",
                "run the cell again, or `runbook undo HOST` in a terminal; or set"
                f" {variables(guest)[0]} before",
            )
        try:
            return Secret(ask(f"{introduction}password of {user} in guest {guest}: "))
        except (EOFError, OSError, NotImplementedError) as error:
            raise _missing(
                f"the console of guest {guest} asks for the password of {user},"
                " and there is nobody to ask",
                f"run it where a person can answer, or set {variables(guest)[0]}",
            ) from error

    return Credentials(user, password, typed=True)


def from_keyring(guest: str, user: str) -> Credentials:
    """The password out of the desktop's keyring, under service 'runbook guest NAME'."""

    def password() -> Secret:
        service = f"{SERVICE} {guest}"
        try:
            # Not everybody has it, and it loads a desktop's libraries: only when asked for.
            import keyring  # noqa: PLC0415

            secret = keyring.get_password(service, user)
        except ImportError as error:
            raise _missing(
                f"the password of {user} in guest {guest} is to come from the keyring,"
                " and the Python package keyring is not installed",
                "pip install 'runbook[keyring]', or choose another source",
            ) from error
        except Exception as error:
            # Each keyring has errors of its own; one that is locked or absent is all the same here.
            raise _missing(
                f"the keyring did not give the password of {user}: {type(error).__name__}",
                "unlock it, or choose another source: prompt, environment",
            ) from error
        if not secret:
            raise _missing(
                f"the keyring has no password of {user} under '{service}'",
                f"keyring set '{service}' {user}",
            )
        return Secret(secret)

    return Credentials(user, password)


def _missing(credential: str, then: str) -> CorrectParameters:
    return CorrectParameters(
        credential, state="nobody was logged in; nothing was changed", then=then
    )
