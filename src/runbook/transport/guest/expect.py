"""A console as lines to type and text to wait for.

A line of 300 baud needs minutes for a text that another console shows at once. So runbook waits
as long as text still arrives; `Patience` says how many seconds of silence it waits.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass

import pexpect
from pexpect.socket_pexpect import SocketSpawn

from runbook.common.clock import Clock
from runbook.common.errors import ConnectionLost
from runbook.common.redact import REDACTED
from runbook.transport.guest.cleaning import Cleaner
from runbook.transport.guest.login import Secret

# Stands before what was typed, in a transcript.
TYPED = "»"
_FOREVER = 1e9
_CHUNK = 4096
# What may come between two lines that are typed: more than a command of ours ever writes.
_SHOWN_BYTES = 1 << 21
# And what may come in all, because the transcript is kept: a change needs some 100 KiB.
_ALL_BYTES = 1 << 26


@dataclass(frozen=True, slots=True)
class Where:
    """A guest's name, and that of the host it runs on."""

    host: str
    guest: str


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds of silence: after which output has ended, an answer is not coming; and totals.

    `arrive` is for all of it from an unknown console to a shell, a boot included;
    `tell` is for all that a command wrote, which at 300 baud is 30 characters a second.
    """

    quiet: float = 1.5
    answer: float = 20.0
    arrive: float = 240.0
    tell: float = 1800.0
    leave: float = 8.0


class _Flood(Exception):
    """The console showed more than the limit; the text says of which."""


class _Spawn(SocketSpawn):  # type: ignore[misc] # pexpect ships no types
    """pexpect over a socket, handing on what a terminal would show."""

    def __init__(self, console: socket.socket) -> None:
        super().__init__(console, timeout=None, maxread=_CHUNK, encoding="latin-1")
        self.cleaner = Cleaner()
        self.shown: list[str] = []
        self.allowed = _SHOWN_BYTES
        self.left = _ALL_BYTES

    def read_nonblocking(self, size: int = 1, timeout: float | None = -1) -> str:
        came = super().read_nonblocking(size, timeout)
        self.allowed -= len(came)
        self.left -= len(came)
        if self.allowed < 0:
            raise _Flood(f"{_SHOWN_BYTES >> 20} MiB after one line that was typed")
        if self.left < 0:
            raise _Flood(f"{_ALL_BYTES >> 20} MiB")
        text = self.cleaner.feed(came)
        self.shown.append(text)
        return text


class ConsoleLine:
    """One console; what was typed and shown is kept, the secrets taken out."""

    def __init__(
        self, console: socket.socket, where: Where, patience: Patience, clock: Clock
    ) -> None:
        """`console` is a stream of bytes, closed with this."""
        self.where = where
        self.patience = patience
        self.clock = clock
        self._socket = console
        self._spawn = _Spawn(console)
        self._secrets: list[str] = []

    @property
    def transcript(self) -> str:
        """All that was typed (after '»') and shown, without what was typed as a secret."""
        return self.scrubbed("".join(self._spawn.shown))

    def scrubbed(self, text: str) -> str:
        """The text without any secret that was typed here, however short it is."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, REDACTED)
        return text

    def type(self, text: str, end: str = "\r") -> None:
        """Type a line, and the key that ends it."""
        self._spawn.shown.append(f"{TYPED}{text}\n")
        self._send(text + end)

    def type_secret(self, secret: Secret) -> None:
        """Type a line that is in no transcript, not even where the console echoes it."""
        if secret.reveal():
            self._secrets.append(_as_shown(secret.reveal()))
        self._spawn.shown.append(f"{TYPED}{REDACTED}\n")
        self._send(secret.reveal() + "\r")

    def settle(self, limit: float = _FOREVER) -> str:
        """All that comes until it is quiet, or for `limit` seconds."""
        output = ""
        until = self.clock.monotonic() + limit
        while self.clock.monotonic() < until:
            more = self._expect([r"(?s).+"], self.patience.quiet)
            if more is None:
                break
            output += more[0]
        return output

    def wait(
        self, patterns: Sequence[str], silence: float, *, limit: float = _FOREVER
    ) -> re.Match[str] | None:
        """The first match of any of the patterns; None after `silence` seconds without a byte.

        `limit` is for a wait that noise must not draw out.
        """
        until = self.clock.monotonic() + limit
        while (remaining := until - self.clock.monotonic()) > 0:
            before = len(self._spawn.shown)
            index = self._expect(patterns, min(silence, remaining))
            if index is not None or len(self._spawn.shown) == before:
                return index
        return None

    def before(self) -> str:
        """What came before the last match."""
        return str(self._spawn.before)

    def close(self) -> None:
        """End the stream; nothing more is typed."""
        self._socket.close()

    def lost(self, why: str) -> ConnectionLost:
        """The error of a console that has gone."""
        return ConnectionLost(
            f"the serial console of guest {self.where.guest} is gone: {why}",
            host=self.where.host,
            state="unknown whether the command still runs; an undo armed in the guest stays armed",
            then="see whether the guest and its host still run, then open the console again",
        )

    def _send(self, text: str) -> None:
        self._spawn.allowed = _SHOWN_BYTES
        try:
            self._socket.settimeout(self.patience.answer)
            self._socket.sendall(text.encode("utf-8"))
        except OSError as error:
            # `from None` here and below: pexpect's own words quote what is on the screen.
            raise self.lost(type(error).__name__) from None

    def _expect(self, patterns: Sequence[str], timeout: float) -> re.Match[str] | None:
        try:
            index = self._spawn.expect([*patterns, pexpect.TIMEOUT], timeout=timeout)
        except (pexpect.EOF, OSError):
            raise self.lost("the stream has ended") from None
        except _Flood as flood:
            # Nobody reads it again: it would be searched from its start with each byte that comes.
            self._spawn.buffer = ""
            raise self.lost(f"it showed more than {flood}") from None
        return None if index == len(patterns) else self._spawn.match


def _as_shown(secret: str) -> str:
    """A secret as the cleaned text would show it: one character a byte."""
    return secret.encode().decode("latin-1")
