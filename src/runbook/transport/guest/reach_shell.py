"""Gets from a console that may show anything to a shell: waits for a boot, logs in.

Prompts of shells are not recognised: a shell is what runs a command. runbook types nothing that
could harm at a login, a boot loader or a half typed command, as far as it can tell them: it tries
a command only after an empty line was answered.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NoReturn

from runbook.common.errors import LoginRefused, NoConsole
from runbook.transport.guest.cleaning import last_line, without_kernel
from runbook.transport.guest.expect import ConsoleLine
from runbook.transport.guest.login import Credentials

# To the end of the line, then kill it: somebody may have left a command half typed.
_CLEAR = "\x05\x15"
_MUTE = 3
_LOGINS = 3
_LOGIN = re.compile(r"(?<!last )(?:login|user ?name|benutzername|identifiant)\s?:\Z", re.IGNORECASE)
_PASSWORD = re.compile(r"(?:password|passwort|mot de passe)[^:\n]{0,40}:\Z", re.IGNORECASE)
_REFUSED = re.compile(
    r"login incorrect|incorrect password|account (?:is )?locked|maximum number of tries",
    re.IGNORECASE,
)
_EXPIRED = re.compile(
    r"(?:current|new|old|retype)[^\n]{0,20} password:\Z|required to change your password"
    r"|password (?:has )?expired",
    re.IGNORECASE,
)
_EMERGENCY = re.compile(
    r"password for maintenance|press control-d|ctrl-d to continue", re.IGNORECASE
)
_LOADER = re.compile(r"gnu grub|press any key to (?:enter|stop)|hit any key to stop", re.IGNORECASE)


class Screen(Enum):
    """What a console shows."""

    NOTHING = auto()
    LOADER = auto()
    LOGIN = auto()
    PASSWORD = auto()
    REFUSED = auto()
    EXPIRED = auto()
    EMERGENCY = auto()
    SOMETHING = auto()


_OF_A_TRY = (Screen.REFUSED, Screen.EXPIRED)


def screen(text: str, *, tried: bool) -> Screen:
    """What the console shows, after `text` came and silence followed.

    Only whoever has `tried` a password is refused or told that it has expired.
    """
    text = without_kernel(text)
    last = last_line(text)
    for kind, pattern, where in (
        (Screen.EMERGENCY, _EMERGENCY, text),
        (Screen.EXPIRED, _EXPIRED, text),
        (Screen.REFUSED, _REFUSED, text),
        (Screen.LOADER, _LOADER, text),
        (Screen.LOGIN, _LOGIN, last),
        (Screen.PASSWORD, _PASSWORD, last),
    ):
        if pattern.search(where.strip()) and (tried or kind not in _OF_A_TRY):
            return kind
    return Screen.SOMETHING if last else Screen.NOTHING


class Arrival:
    """The dialogue up to a shell. Use `arrive`."""

    def __init__(self, line: ConsoleLine, credentials: Credentials, mark: str) -> None:
        """Nothing is typed yet."""
        self._line = line
        self._credentials = credentials
        self._mark = mark
        self._user_typed = False
        self._password_given = False
        self._logins = 0
        self._mute = 0
        self._answered = False
        self.logged_in = False

    def arrive(self) -> bool:
        """Get to a shell; whether this logged in, and so has to log out.

        Raises LoginRefused, NoConsole if no shell comes up in time, ConnectionLost.
        """
        line = self._line
        until = line.clock.monotonic() + line.patience.arrive
        self._press_enter(_CLEAR)
        while line.clock.monotonic() < until:
            if self._step(line.settle(until - line.clock.monotonic())):
                self.logged_in = self._user_typed
                return self.logged_in
        raise self._no_shell()

    def _step(self, text: str) -> bool:
        match screen(text, tried=self._password_given):
            case Screen.LOGIN:
                self._log_in(text)
            case Screen.PASSWORD:
                self._give_password()
            case Screen.REFUSED:
                self._refused()
            case Screen.EXPIRED:
                raise self._login_refused("it wants a new password first", "set one")
            case Screen.EMERGENCY:
                raise self._no_shell("the guest is in emergency mode")
            case Screen.LOADER:
                # Its keys are commands. It goes on by itself.
                self._answered = False
            case Screen.SOMETHING if self._answered:
                return self._try_command()
            case Screen.SOMETHING:
                self._press_enter()
            case _:
                return self._mutely()
        return False

    def _mutely(self) -> bool:
        """Silence: a boot, or a shell whose prompt is empty."""
        self._mute += 1
        if self._mute % _MUTE == 0:
            return self._try_command()
        self._press_enter()
        return False

    def _press_enter(self, before: str = "") -> None:
        self._line.type(before)
        self._answered = True

    def _try_command(self) -> bool:
        self._answered = False
        # What the terminal echoes has the quotes, what a shell prints has not.
        self._line.type(f" echo {self._mark[:2]}''{self._mark[2:]}")
        silence = self._line.patience.answer
        patterns = [self._mark, r"(?i)(?:login|password): ?\Z"]
        match = self._line.wait(patterns, silence, limit=silence)
        return match is not None and match[0] == self._mark

    def _log_in(self, text: str) -> None:
        if self._password_given and not re.search(r"timed out", text, re.IGNORECASE):
            self._refused()
        if self._logins == _LOGINS:
            raise self._login_refused("it did not let anybody in", "see what it says")
        self._logins += 1
        self._password_given, self._user_typed, self._answered = False, True, False
        self._line.type(self._credentials.user)

    def _give_password(self) -> None:
        if not self._user_typed or self._password_given:
            # Somebody else's half made login, or the answer to what was no login of ours.
            self._user_typed = False
            self._press_enter()
            return
        self._password_given = True
        self._line.type_secret(self._credentials.password())
        self._answered = False

    def _refused(self) -> NoReturn:
        raise self._login_refused("wrong user name or wrong password", "correct them")

    def _login_refused(self, why: str, then: str) -> LoginRefused:
        return LoginRefused(
            f"the console of {self._line.where.guest} refuses {self._credentials.user}: {why}",
            host=self._line.where.host,
            state="nobody is logged in; nothing was changed in the guest",
            then=f"{then}, then start again (root may be forbidden on a serial console)",
        )

    def _no_shell(self, why: str = "no login and no shell came up") -> NoConsole:
        return NoConsole(
            f"{why} on the serial console",
            host=self._line.where.host,
            state="nothing was changed in the guest",
            then="look at it with `virsh console`: does a getty run on the serial port"
            " (serial-getty@ttyS0), does the kernel have console=ttyS0, is a program left open?",
        )
