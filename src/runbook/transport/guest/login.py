"""Who logs in at a guest's console, and where the password comes from.

It is asked for once, when a login wants it, and is in no record: `Secret` shows
itself to nobody who does not ask by name.
"""

from __future__ import annotations

import getpass
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from runbook.errors import CorrectParameters

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
    """A user, and how to get the password when a login asks for it."""

    user: str
    password: Callable[[], Secret]


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


def from_prompt(guest: str, user: str, ask: Callable[[str], str] = getpass.getpass) -> Credentials:
    """The password as a person types it; asked for only when the login does."""

    def password() -> Secret:
        if threading.current_thread() is not threading.main_thread():
            # A button's thread: the question would be shown nowhere, and waited for without end.
            raise _missing(
                f"the console of guest {guest} asks for the password of {user} again, and only a"
                " cell can ask you",
                f"run `runbook undo` or `runbook confirm` for the host in a terminal, or set"
                f" {variables(guest)[0]}",
            )
        try:
            return Secret(ask(f"password of {user} in guest {guest}: "))
        except (EOFError, OSError, NotImplementedError) as error:
            raise _missing(
                f"the console of guest {guest} asks for the password of {user},"
                " and there is nobody to ask",
                f"run it where a person can answer, or set {variables(guest)[0]}",
            ) from error

    return Credentials(user, password)


def remembered(credentials: Credentials) -> Credentials:
    """The same, its password asked for once: a guest that comes back is entered again."""
    held: list[Secret] = []

    def password() -> Secret:
        if not held:
            held.append(credentials.password())
        return held[0]

    return Credentials(credentials.user, password)


def from_keyring(guest: str, user: str) -> Credentials:
    """The password out of the desktop's keyring, under service 'runbook guest NAME'."""

    def password() -> Secret:
        service = f"{SERVICE} {guest}"
        try:
            # Not everybody has it, and it loads a desktop's libraries: only when asked for.
            import keyring  # noqa: PLC0415

            found = keyring.get_password(service, user)
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
        if not found:
            raise _missing(
                f"the keyring has no password of {user} under '{service}'",
                f"keyring set '{service}' {user}",
            )
        return Secret(found)

    return Credentials(user, password)


def _missing(what: str, then: str) -> CorrectParameters:
    return CorrectParameters(what, state="nobody was logged in; nothing was changed", then=then)
