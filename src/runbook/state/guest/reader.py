"""Asks a guest for its network.

One command asks for all of it, because at a slow console each command costs seconds. If
ifupdown takes in further files, they are asked for by name.
"""

from __future__ import annotations

from importlib.resources import files

from runbook.common.clock import Clock
from runbook.common.errors import ReadFailed
from runbook.state.guest.answers import parse
from runbook.state.guest.gathered import Gathered, gathered
from runbook.state.guest.inside import NOT_UTF8, Inside
from runbook.state.guest.managers import ifupdown_files
from runbook.state.syntax import ifupdown
from runbook.state.table import NONSENSE
from runbook.transport.guest.channel import Channel
from runbook.transport.host import Completed

_LOOK_S, _ALL_LOOKS_S = 60.0, 180.0
# How often a guest may name more files, how many it may name, and how much it may tell:
# far more than any network configuration has.
_LOOKS, _PATTERNS, _BYTES = 16, 1000, 1 << 24


def read(channel: Channel, mac: str, clock: Clock) -> Inside:
    """Ask; raises ReadFailed if the answer cannot be understood, or names files without end."""
    patterns: tuple[str, ...] = ()
    until = clock.monotonic() + _ALL_LOOKS_S
    for _ in range(_LOOKS):
        remaining = until - clock.monotonic()
        if remaining <= 0:
            raise _failed(channel, f"names more files of ifupdown even after {_ALL_LOOKS_S:g} s")
        done = _look(channel, mac, patterns, min(remaining, _LOOK_S))
        try:
            answers = gathered(_bounded(done.stdout), patterns)
            patterns = _not_taken_in(answers)
            if not patterns:
                return parse(answers, mac)
        except NONSENSE as error:
            stderr = done.stderr.decode(errors="replace").strip()[-200:]
            raise _failed(
                channel,
                "did not tell its network so that it could be understood:"
                f" {error}; {stderr or f'exit status {done.returncode}'}",
            ) from error
        if len(patterns) > _PATTERNS:
            break
        _refuse_odd_names(channel.guest, patterns)
    raise _failed(channel, f"names more files of ifupdown at each of {_LOOKS} looks")


def _look(channel: Channel, mac: str, patterns: tuple[str, ...], limit: float) -> Completed:
    script = files(__package__).joinpath("inside.sh").read_text()
    return channel.run(("sh", "-c", script, "sh", mac.lower(), *patterns), timeout=limit)


def _bounded(output: bytes) -> bytes:
    if len(output) > _BYTES:
        message = f"it told {len(output)} bytes, and at most {_BYTES} bytes are read"
        raise ValueError(message)
    return output


def _failed(channel: Channel, why: str) -> ReadFailed:
    return ReadFailed(
        f"guest {channel.guest} {why}",
        state="nothing was changed in the guest",
        then="do by hand in the guest what the instructions say",
    )


def _not_taken_in(answers: Gathered) -> tuple[str, ...]:
    """The patterns of all files that ifupdown sources; () if each of them was read."""
    contents = ifupdown_files(answers)
    reached = {p for path in contents for p in ifupdown.sourced(path, contents[path])}
    return tuple(sorted(reached)) if reached - set(answers.patterns) else ()


def _refuse_odd_names(guest: str, patterns: tuple[str, ...]) -> None:
    """Raise ReadFailed for a file that cannot be asked for: its name is not UTF-8."""
    for pattern in patterns:
        if NOT_UTF8 in pattern:
            raise ReadFailed(
                f"ifupdown in guest {guest} takes in {pattern}, and that name is not UTF-8",
                state="nothing was changed in the guest",
                then="give the file a name in UTF-8 in the guest, or change its address by hand",
            )
