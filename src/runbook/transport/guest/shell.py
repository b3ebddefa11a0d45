"""Runs commands in a plain sh that is started below the console's own shell.

It is a child, not `exec`: the console's shell, its prompt and its history stay as they are. The
tty does not echo, and the end of each command is framed (frames.py), so no prompt has to be
known. A command runs once, even if its end has to be asked for again.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from runbook.common.errors import NoConsole, StepFailed
from runbook.transport.guest import frames
from runbook.transport.guest.expect import ConsoleLine

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_TRIES, _ASKS = 6, 3
_BACK_AT_LOGIN = r"(?i)login: ?\Z"
# A tty takes 4095 characters a line, busybox 1023; an echo of less can still be read.
_WIDTH = 160
# As many lines as fit into what a tty holds while the shell is busy.
_BATCH = 8
# A shell that nobody closes, because the program was killed, is logged out after this.
_ABANDONED_S = 3600
_SETUP = (
    "for d in /run /dev/shm /tmp /; do d=$(mktemp -d $d/rb.XXXXXX 2>/dev/null) && break; done",
    'k() { md5sum <"$d/$1" | cut -c1-32; }',
    'p() { printf "$2" >>"$d/$1"; }',
    'z() { : >"$d/c"; : >"$d/i"; }',
    'go() { [ $n = $1 ] || { n=$1; /bin/sh "$d/c" <"$d/i" >"$d/o" 2>"$d/e"; s=$?; }; }',
    'b() { base64 <"$d/$1"; }',
    'base64 </dev/null >/dev/null 2>&1 || b() { od -An -v -tx1 <"$d/$1"; }',
    'tell() { echo "${m}H $n $s $(k o) $(k e)"; b o; echo "${m}M"; b e; echo "${m}E $n"; }',
)


class Shell:
    """An sh that runs argv lists. Made at a console that has a shell."""

    def __init__(self, line: ConsoleLine, mark: str) -> None:
        """Nothing is typed yet; `mark` is letters and digits that nothing else prints."""
        self._line = line
        self._mark = mark
        self._number = 0
        self._hexadecimal = False
        self._open = False

    @property
    def transcript(self) -> str:
        """The line's, without what commands wrote."""
        return frames.without_payload(self._line.transcript, self._mark)

    def start(self, *, log_out_alone: bool) -> None:
        """Start it, as root; NoConsole if there is no plain sh or no root to be had."""
        self._line.type(" /bin/sh")
        self._open = True
        self._line.settle(self._line.patience.answer)
        if self._begin() != 0:
            self._line.type("exec sudo -n /bin/sh")
            self._line.settle(self._line.patience.answer)
            if self._begin() != 0:
                raise self._no_shell("it is not root's, and sudo asks for a password")
        if log_out_alone:
            self._watch()
        for text in _SETUP:
            self._line.type(text)
        begin = 'n=0; s=0; z; base64 </dev/null >/dev/null 2>&1; echo "${m}B $? $d"'
        match = self._ask(begin, rf"{self._mark}B (\d+) (\S*)\n")
        if match is None or not match[2]:
            raise self._no_shell("it has no folder to write to, or lacks mktemp")
        self._hexadecimal = match[1] != "0"

    def run(self, argv: Sequence[str], stdin: bytes, timeout: float) -> frames.Ended:
        """Run a command to its end; StepFailed if it does not end in time.

        This is the one place where words are quoted for a guest's shell: a console
        takes characters only, so there is no way to hand it an argv. `exec` keeps a
        program that is called like a word of the shell a program.
        """
        self._number += 1
        command = f"exec {shlex.join(argv)}\n".encode()
        self._upload("c", command)
        if stdin:
            self._upload("i", stdin)
        self._line.type(f"go {self._number}; tell")
        ended = self._collect(timeout)
        self._line.type("z")
        if ended is None:
            raise self._failed(argv[0], timeout)
        return ended

    def leave(self, *, log_out: bool) -> None:
        """End it, and the login too where it was ours."""
        patience = self._line.patience
        if self._open:
            # What still runs here runs on a terminal that nobody reads any more.
            self._line.type("\x03")
            self._line.type('kill $w 2>/dev/null; stty "$t"; rm -rf "$d"; echo "${m}X"; exit')
            self._line.wait([f"{self._mark}X"], patience.leave, limit=patience.leave)
            self._line.settle(patience.leave)
        if log_out:
            self._line.type(" exit")
            self._line.wait([r"(?i)login: ?\Z"], patience.leave, limit=patience.leave)

    def _begin(self) -> int:
        mark = f"{self._mark[:2]}''{self._mark[2:]}"
        # Who it is comes first: a shell that is not ours keeps its prompt and its echo.
        match = self._ask(f'm={mark}; echo "${{m}}Q $0"', rf"{self._mark}Q (\S+)\n")
        if match is None or match[1] != "/bin/sh":
            self._open = False
            raise self._no_shell(
                "it does not start /bin/sh: a restricted shell, or no shell at all"
            )
        self._line.type(
            f"PS1= PS2= HISTFILE= PATH={PATH} LC_ALL=C; export PATH LC_ALL; cd /; set +m"
        )
        begin = 't=${t:-$(stty -g)}; stty -echo; w=; echo "${m}R $(id -u)"'
        match = self._ask(begin, rf"{self._mark}R (\d+)\n")
        if match is None:
            raise self._no_shell("it does not answer")
        return int(match[1])

    def _watch(self) -> None:
        """Have a login of ours end by itself, should this program be killed."""
        self._line.type(f'a() {{ sleep {_ABANDONED_S} & trap "kill $!; exit" TERM; wait $!')
        self._line.type("kill -HUP $1 $2; }")
        self._line.type("a $$ $PPID </dev/null >/dev/null 2>&1 & w=$!")

    def _ask(self, text: str, pattern: str) -> re.Match[str] | None:
        """The answer to a line that may be typed again where noise has damaged the answer."""
        patience = self._line.patience
        for _ in range(_ASKS):
            self._line.type(text)
            either = [pattern, _BACK_AT_LOGIN]
            match = self._line.wait(either, patience.answer, limit=2 * patience.answer)
            if match is not None and match.re.pattern == _BACK_AT_LOGIN:
                self._open = False
                raise self._line.lost("it asks for a login again: the guest has booted anew")
            if match is not None:
                return match
        return None

    def _upload(self, name: str, content: bytes) -> None:
        lines = frames.typed(content, _WIDTH)
        for _ in range(_TRIES):
            for first in range(0, len(lines), _BATCH):
                for text in lines[first : first + _BATCH]:
                    self._line.type(f"p {name} '{text}'")
                self._ask(f'echo "${{m}}K {first}"', rf"{self._mark}K {first}\n")
            match = self._ask(f'echo "${{m}}G $(k {name})"', rf"{self._mark}G ([0-9a-f]{{32}})\n")
            if match is not None and match[1] == frames.md5(content):
                return
            self._line.type(f': >"$d/{name}"')
        raise self._noisy()

    def _collect(self, timeout: float) -> frames.Ended | None:
        """The end of the command; None if there is none in time, and then it is broken off."""
        head, end = f"{self._mark}H {self._number} ", f"{self._mark}E {self._number}\n"
        begun = self._line.wait([f"{head}|{end}"], timeout, limit=timeout)
        if begun is None:
            self._line.type("\x03")
            self._line.settle(self._line.patience.answer)
            return None
        text, patience, clock = begun[0], self._line.patience, self._line.clock
        until = clock.monotonic() + patience.tell
        for _ in range(_TRIES):
            remaining = until - clock.monotonic()
            if not text.endswith(end) and self._line.wait([end], patience.answer, limit=remaining):
                text += self._line.before()
            ended = frames.decode(text, self._mark, self._number, hexadecimal=self._hexadecimal)
            if ended is not None:
                return ended
            if remaining <= 0:
                break
            self._line.type("tell")
            text = ""
        raise self._noisy()

    def _failed(self, program: str, timeout: float) -> StepFailed:
        return StepFailed(
            f"{program} did not end within {timeout:g} s in guest {self._line.where.guest}",
            host=self._line.where.host,
            state="it was stopped; what it did until then stays",
            then="undo the change, see why it takes so long, then start again",
        )

    def _noisy(self) -> StepFailed:
        return StepFailed(
            f"the console of guest {self._line.where.guest} is too noisy to be read",
            host=self._line.where.host,
            state="the last command was run once; what it did stands",
            then="quiet the console (`dmesg --console-off` in the guest), then look at the guest",
        )

    def _no_shell(self, why: str) -> NoConsole:
        return NoConsole(
            f"the shell on the console of guest {self._line.where.guest} cannot be used: {why}",
            host=self._line.where.host,
            state="nothing was changed in the guest",
            then="log in as root, or as a user whose sudo asks for no password",
        )
