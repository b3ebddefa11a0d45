"""A person at a guest's serial console: types, and reads what it shows."""

from __future__ import annotations

from runbook.lab import machine
from runbook.lab.names import GUEST_PASSWORD, GUEST_USER

LOGIN = (("\r", "login: "), (f"{GUEST_USER}\r", "Password: "), (f"{GUEST_PASSWORD}\r", "# "))
# Run on the host with the terminal, the seconds for an answer, then what to type and what to
# wait for by turns; shows all that was seen, and ends badly where an answer stays away.
SCRIPT = """\
import os, select, sys, time
line, seen = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY), b""
for typed, wanted in zip(sys.argv[3::2], sys.argv[4::2]):
    os.write(line, typed.encode())
    end = time.monotonic() + float(sys.argv[2])
    while wanted.encode() not in seen:
        left = end - time.monotonic()
        if left < 0 or not select.select([line], [], [], left)[0]:
            sys.stdout.buffer.write(seen)
            sys.exit(1)
        seen += os.read(line, 4096)
    shown, found, seen = seen.partition(wanted.encode())
    sys.stdout.buffer.write(shown + found)
"""


def talk(host: str, name: str, *turns: tuple[str, str], seconds: float = 20) -> tuple[bool, str]:
    """Type and wait, in turns; whether every answer came, and all that was shown."""
    terminal = machine.run(host, ("virsh", "--quiet", "ttyconsole", name)).stdout.decode().strip()
    words = [word for turn in turns for word in turn]
    argv = ("python3", "-c", SCRIPT, terminal, str(seconds), *words)
    done = machine.run(host, argv)
    assert not done.stderr, done.stderr
    return done.returncode == 0, done.stdout.decode(errors="replace")


def run(host: str, name: str, command: str, seconds: float = 20) -> str:
    """What a command shows at a shell that is open, and its exit status; it has to end in time."""
    # What is typed is shown too, and must not pass for what is answered.
    turns = ((f'{command}; echo en""ded $?.\r', "ended "), ("", "."))
    ended, shown = talk(host, name, *turns, seconds=seconds)
    assert ended, shown
    return shown
