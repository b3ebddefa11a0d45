"""Recorded consoles of several guests, through the very code that speaks to a real one."""

from __future__ import annotations

import base64
import shlex
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from tests.unit.transport.guest import playing
from tests.unit.transport.guest.playing import Event, Guest

from runbook.common.clock import SystemClock
from runbook.common.errors import ConnectionLost, LoginRefused, NoConsole, RunbookError, StepFailed
from runbook.transport.guest.console import ConsoleChannel, open_console
from runbook.transport.guest.expect import ConsoleLine, Patience, Where
from runbook.transport.guest.login import Credentials, Secret
from runbook.transport.guest.shell import Shell

# A recording shows at once what took its guest seconds.
SWIFT = Patience(quiet=0.15, answer=3, arrive=20, leave=0.5)
LOGGED_OUT = (
    "debian-10", "debian-11", "debian-12", "debian-12-boot", "debian-13", "alpine", "busybox",
    "zsh", "fish", "tcsh",
)  # fmt: skip
GREETS = 'printf "%s|" "$@"; cat; echo oops >&2; exit 3'
ODD = ("it's", "100% \\n", '$HOME `id` "x" ;', "tab\there", "line\nfeed", "é", "-n")


def credentials(password: str = playing.PASSWORD) -> Credentials:
    return Credentials(playing.USER, lambda: Secret(password))


def opened(
    guest: Guest, patience: Patience = SWIFT, typed: str = playing.PASSWORD
) -> ConsoleChannel:
    where = Where("server-01", "vm-01")
    return open_console(
        where, guest.console, credentials(typed), playing.TOKEN, SystemClock(), patience
    )


def script(*events: tuple[str, str]) -> tuple[Event, ...]:
    return tuple(Event(kind, text.encode()) for kind, text in events)


SHELL = (
    ("<", "vm-01:~# "), (">", "\r"), ("<", "\r\nvm-01:~# "), (">", " echo rb''k3x9\r"),
    ("<", " echo rb''k3x9\r\nrbk3x9\r\nvm-01:~# "), (">", " /bin/sh\r"), ("~", "sh"),
)  # fmt: skip
LEAVES = (("<", "vm-01:~# "), (">", " exit\r"), ("<", "\r\nvm-01 login: "))


def refused(events: tuple[Event, ...], patience: Patience = SWIFT) -> tuple[RunbookError, Guest]:
    guest = Guest(events)
    with pytest.raises(RunbookError) as caught:
        opened(guest, patience)
    return caught.value, guest.ended()


@pytest.mark.parametrize("name", [*LOGGED_OUT, "left-open"])
def test_a_command_goes_in_whole_and_comes_back_whole(name: str) -> None:
    guest = Guest(playing.load(name))
    channel = opened(guest)
    done = channel.run(("sh", "-c", GREETS, "sh", *ODD), stdin=bytes(range(256)))
    channel.close()
    said = "".join(f"{word}|" for word in ODD).encode() + bytes(range(256))
    assert (done.returncode, done.stdout, done.stderr) == (3, said, b"oops\n")
    assert (guest.ended().wrong, guest.left) == ([], 0)
    # The password was typed once where it was asked for, and stands nowhere.
    assert guest.typed.count(b"\rlab\r") == int(name in LOGGED_OUT)
    assert "»lab" not in channel.transcript
    assert channel.transcript.count("Password: »<redacted>") == int(name in LOGGED_OUT)


def test_a_shell_that_somebody_left_open_is_used_and_left_open() -> None:
    guest = Guest(playing.load("left-open"))
    channel = opened(guest)
    channel.close()
    assert b"\r exit\r" not in guest.ended().typed
    # What was half typed there was taken away before the first line was ended.
    assert guest.typed.startswith(b"\x05\x15\r")


def test_a_wrong_password_is_refused_and_shown_to_nobody() -> None:
    guest = Guest(playing.load("wrong-password"))
    with pytest.raises(LoginRefused, match="Login incorrect") as caught:
        opened(guest, typed="wrong")
    said = str(caught.value).replace("wrong user name or wrong password", "")
    assert "wrong" not in said + caught.value.transcript
    assert "the last lines that the console showed: " in caught.value.what
    assert "Password: »<redacted>" in caught.value.transcript
    assert "Login incorrect" in caught.value.transcript
    assert caught.value.host == "server-01"
    assert guest.ended().typed.count(b"wrong\r") == 1


def test_a_restricted_shell_is_refused_and_logged_out() -> None:
    guest = Guest(playing.load("restricted"))
    with pytest.raises(NoConsole, match="restricted shell") as caught:
        opened(guest)
    # Its leaving is in the transcript, and not among the last lines.
    assert caught.value.transcript.rstrip().endswith(("exit", "logout", "login:"))
    assert "exit" not in caught.value.what
    assert guest.ended().typed.endswith(b" exit\r")


@pytest.mark.parametrize("noise", [b"", playing.KERNEL, playing.WALL], ids=["", "kernel", "wall"])
def test_what_commands_wrote_is_in_no_transcript(noise: bytes) -> None:
    after = playing.noisy(noise, 5, 0.002) if noise else playing.quiet
    guest = Guest(playing.load("debian-12"), shell_noise=after)
    channel = opened(guest)
    secret = "wpa-psk hunter22 " * 20
    assert channel.run(("printf", "%s", *secret.split())).stdout.count(b"hunter22") == 20
    channel.close()
    # Three bytes are four characters, wherever in them the secret begins.
    for start in range(3):
        piece = base64.b64encode(("wpa-pskhunter22" * 20).encode()[start:])[4:24].decode()
        assert piece not in channel.transcript.replace("\n", "")
    assert "characters of output)" in channel.transcript
    assert "»go 1; tell" in channel.transcript


def test_a_console_that_is_gone_when_it_is_left_is_told_and_not_raised() -> None:
    guest = Guest(playing.load("debian-12"))
    channel = opened(guest)
    guest.console.shutdown(socket.SHUT_RDWR)
    assert "the serial console of guest vm-01 is gone" in channel.close()
    assert guest.console.fileno() == -1


def test_a_line_of_300_baud_is_waited_for() -> None:
    # A tenth of the time, all of it.
    guest = Guest(playing.load("debian-12"), pause=playing.BAUD_300 / 10)
    channel = opened(guest, Patience(quiet=0.15, answer=2, arrive=24, leave=0.8))
    assert channel.run(("seq", "60"), timeout=3).stdout.split()[-1] == b"60"
    channel.close()
    assert guest.ended().wrong == []


def test_kernel_messages_in_between_change_nothing() -> None:
    noise = playing.noisy(playing.KERNEL, 1, 0.02)
    guest = Guest(playing.load("debian-12"), noise=noise, shell_noise=noise)
    channel = opened(guest)
    said = channel.run(("seq", "400")).stdout
    channel.close()
    assert said == "".join(f"{n}\n" for n in range(1, 401)).encode()
    assert guest.ended().wrong == []


def test_what_noise_has_damaged_is_asked_for_again_and_run_once(tmp_path: Path) -> None:
    guest = Guest(playing.load("debian-12"), shell_noise=playing.noisy(playing.WALL, 5, 0.002))
    channel = opened(guest)
    count = tmp_path / "count"
    command = f"echo once >>{shlex.quote(str(count))}; seq 40"
    for _ in range(6):
        assert len(channel.run(("sh", "-c", command)).stdout.split()) == 40
    channel.close()
    assert count.read_text() == "once\n" * 6
    assert guest.ended().typed.count(b"tell\r") > 6


def test_a_getty_that_echoes_the_password_has_it_in_no_transcript() -> None:
    events = script(
        (">", "\x05\x15\r"), ("<", "\r\nvm-01 login: "), (">", "root\r"),
        ("<", "root\r\nPassword: "), (">", "lab\r"), ("<", "lab\r\nlab is right\r\n"), *SHELL,
        *LEAVES,
    )  # fmt: skip
    guest = Guest(events)
    channel = opened(guest)
    channel.close()
    assert "lab" not in channel.transcript
    assert (guest.ended().wrong, guest.left) == ([], 0)


@pytest.mark.parametrize(
    "begins",
    [
        # Somebody left at the password; a login without one; one that was too slow.
        (("<", "Password: "), (">", "\x05\x15\r"), ("<", "\r\nLogin incorrect\r\nvm-01 login: "),
         (">", "root\r"), ("<", "root\r\nPassword: "), (">", "lab\r"), ("<", "\r\n")),
        ((">", "\x05\x15\r"), ("<", "\r\nvm-01 login: "), (">", "root\r"), ("<", "\r\n")),
        ((">", "\x05\x15\r"), ("<", "\r\nvm-01 login: "), (">", "root\r"),
         ("<", "\r\nLogin timed out after 60 seconds.\r\n\r\nvm-01 login: "), (">", "root\r"),
         ("<", "root\r\nPassword: "), (">", "lab\r"), ("<", "\r\nLast login: Mon\r\n")),
    ],
    ids=["half-made", "without-password", "timed-out"],
)  # fmt: skip
def test_a_login_gets_in(begins: tuple[tuple[str, str], ...]) -> None:
    guest = Guest(script(*begins, *SHELL, *LEAVES))
    channel = opened(guest)
    assert channel.run(("echo", "in")).stdout == b"in\n"
    channel.close()
    assert (guest.ended().wrong, guest.left) == ([], 0)


def test_a_password_that_has_to_be_changed_is_left_to_a_person() -> None:
    error, guest = refused(
        script(
            (">", "\x05\x15\r"), ("<", "\r\nvm-01 login: "), (">", "root\r"),
            ("<", "root\r\nPassword: "), (">", "lab\r"),
            ("<", "\r\nYou are required to change your password.\r\nCurrent password: "),
        )
    )  # fmt: skip
    assert isinstance(error, LoginRefused)
    assert "new password" in str(error)
    assert "You are required to change your password. | Current password:" in error.what
    assert guest.typed.count(b"lab") == 1


def test_nothing_but_enter_is_typed_at_a_boot_loader() -> None:
    error, guest = refused(
        script(("<", "GNU GRUB  version 2.06\r\n*Debian GNU/Linux ")),
        Patience(quiet=0.1, answer=1, arrive=0.15, leave=0.2),
    )
    assert isinstance(error, NoConsole)
    assert set(guest.typed) <= set(b"\x05\x15\r")


def test_an_emergency_shell_is_left_alone() -> None:
    error, guest = refused(
        script(
            (">", "\x05\x15\r"),
            ("<", "\r\nGive root password for maintenance\r\n(or press Control-D to continue): "),
        )
    )
    assert "emergency mode" in str(error)
    assert guest.typed == b"\x05\x15\r"


@pytest.mark.parametrize(
    ("events", "shows"),
    [
        ((), "nothing"),
        (
            (("<", "\r\n\r\ntop - 12:00:00  up 3 days\r\n"), ("<", "load average: 0.00\r\n")),
            "top - 12:00:00 up 3 days | load average: 0.00",
        ),
    ],
    ids=["silence", "top"],
)
def test_a_console_without_a_shell_says_what_it_shows(
    events: tuple[tuple[str, str], ...], shows: str
) -> None:
    error, _ = refused(script(*events), Patience(quiet=0.1, answer=0.3, arrive=1.5, leave=0.2))
    assert isinstance(error, NoConsole)
    assert error.what.rpartition("the last lines that the console showed: ")[2] == shows
    assert "»" in error.transcript
    assert "virsh console" in error.then


def test_a_guest_that_goes_in_mid_command_is_a_lost_connection() -> None:
    guest = Guest(script((">", "\x05\x15\r"), *SHELL[:-1], ("<", "# ")))
    guest_gone: Callable[[], object] = guest.console.close
    with pytest.raises((ConnectionLost, NoConsole)):
        opened(guest, Patience(quiet=0.1, answer=0.5, arrive=3, leave=0.2))
    guest_gone()


def test_a_command_that_does_not_end_is_broken_off_and_the_next_one_runs() -> None:
    guest = Guest(playing.load("debian-12"))
    channel = opened(guest)
    with pytest.raises(StepFailed, match=r"sleep did not end within 0\.5 s in guest vm-01"):
        channel.run(("sleep", "60"), timeout=0.5)
    assert channel.run(("echo", "on")).stdout == b"on\n"
    assert channel.close() == ""
    assert guest.ended().wrong == []


def test_a_missing_program_is_status_127_and_a_word_of_the_shell_is_none() -> None:
    guest = Guest(playing.load("debian-12"))
    channel = opened(guest)
    found = [channel.run(argv).returncode for argv in (("no-such-program",), ("if", "then"))]
    channel.close()
    assert found == [127, 127]


@pytest.mark.parametrize(
    ("noise", "pause", "tell", "error"),
    [(b"noise ", 0.02, 2, StepFailed), (b"x" * 65536, 0.0, 600, ConnectionLost)],
    ids=["drop by drop", "a flood"],
)
def test_half_a_frame_and_noise_without_end_is_given_up(
    noise: bytes, pause: float, tell: float, error: type[RunbookError]
) -> None:
    ours, guest = socket.socketpair()
    patience = Patience(quiet=0.1, answer=1, arrive=3, leave=0.3, tell=tell)
    line = ConsoleLine(ours, Where("server-01", "vm-01"), patience, SystemClock())
    over = threading.Event()

    def shout() -> None:
        with suppress(OSError):
            guest.sendall(b"rbXH 0 0 ")
            while not over.wait(pause):
                guest.sendall(noise)

    threading.Thread(target=shout, daemon=True).start()
    begun = time.monotonic()
    try:
        with pytest.raises(error, match="guest vm-01"):
            # Past the upload, which a guest would have to answer well.
            Shell(line, "rbX")._collect(1.0)  # noqa: SLF001
    finally:
        over.set()
        line.close()
        guest.close()
    assert time.monotonic() - begun < 60


def test_a_guest_that_floods_each_typed_line_does_not_fill_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("runbook.transport.guest.expect._ALL_BYTES", 1 << 16)
    ours, guest = socket.socketpair()
    line = ConsoleLine(ours, Where("server-01", "vm-01"), Patience(quiet=0.1), SystemClock())

    def flood() -> None:
        for _ in range(100):
            line.type("x")
            guest.sendall(b"y" * 4096)
            line.settle(2.0)

    try:
        with pytest.raises(ConnectionLost, match="guest vm-01 is gone: it showed more than"):
            flood()
    finally:
        line.close()
        guest.close()
    assert len(line.transcript) < 1 << 18
