"""A host, a change on it that somebody left, and the verbs that lead back."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from typing import Any

from tests import bench
from tests.lab import half_made

from runbook import cli
from runbook.apply.rollback import Rollback
from runbook.common.folders import outputs_folder, params_folder
from runbook.lab import machine
from runbook.params import for_host
from runbook.plan.plan import PHASES
from runbook.run import pipeline, record
from runbook.run.session import Session, Underway
from runbook.state.diff import compare
from runbook.state.snapshot import Snapshot

HOST = "server-01"
ARMED = "/var/lib/runbook/armed"
LISTED = ("find", "/etc", "-xdev", "-printf", r"%p %y %M %U:%G %l\n")
SUMMED = ("find", "/etc", "-xdev", "-type", "f", "-exec", "sha256sum", "{}", "+")
# A boot knows its units until the next; what has ended is not listed.
UNITS = ("systemctl", "list-units", "--no-legend", "--plain", "runbook-*")


@dataclass(frozen=True, slots=True)
class Ended:
    """A verb that ended: its exit status, and all that it said."""

    status: int
    said: str


def verb(*words: str) -> Ended:
    """`runbook WORDS`, in this process."""
    out, argv = io.StringIO(), sys.argv
    sys.argv = ["runbook", *words]
    try:
        with redirect_stdout(out), redirect_stderr(out):
            cli.main()
    except SystemExit as ended:
        return Ended(int(ended.code or 0), out.getvalue())
    finally:
        sys.argv = argv
    return Ended(0, out.getvalue())


def status() -> dict[str, Any]:
    """`runbook status --json`."""
    told: dict[str, Any] = json.loads(verb("status", HOST, "--json").said)
    return told


def outcome() -> str:
    """The last word of the newest run folder."""
    folders = sorted((outputs_folder() / HOST).iterdir(), key=lambda p: p.stat().st_mtime_ns)
    return record.read(folders[-1]).told


def console(*argv: str) -> str:
    """A command at the host's console, where no network is needed."""
    return machine.run(HOST, argv).stdout.decode()


@contextmanager
def session(operator: str = "", **asked: object) -> Iterator[Session]:
    """A new connection; `asked` are parameters."""
    made = pipeline.open_session(for_host(params_folder(), {"host": HOST, **asked}))
    with closing(made.host):
        yield replace(made, operator=operator or made.operator)


def left(upto: str = "", operator: str = "", **asked: object) -> Underway:
    """A change left where it is, its program gone, made up to a phase; '' is armed only."""
    with session(operator, **asked) as made:
        underway = half_made.armed(made)
        for phase in PHASES[: PHASES.index(upto) + 1] if upto else ():
            pipeline.apply(made, underway, phase)
        return underway


def rolled_back(underway: Underway) -> Rollback:
    """The change undone by a program, over a new connection."""
    with session() as made:
        return pipeline.roll_back(made, underway, "because")


def killed(upto: str, step: int = 0) -> None:
    """A program made the change so far, and was killed."""
    argv = [sys.executable, "-m", "tests.lab.half_made", HOST, upto, str(step)]
    with subprocess.Popen(argv, cwd=bench.ROOT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        try:
            assert program.stdout.readline().strip() == half_made.READY
        finally:
            program.kill()


@dataclass(frozen=True, slots=True)
class Before:
    """The host before a change: every row, and every file of /etc."""

    state: Snapshot
    files: frozenset[str]

    def check(self) -> None:
        """Nothing differs, and nothing watches any more."""
        assert str(compare(self.state, bench.snapshot())) == ""
        assert sorted(files() ^ self.files) == []
        assert not is_armed()
        assert console(*UNITS) == ""


def before() -> Before:
    """The host now."""
    return Before(bench.snapshot(), files())


def files() -> frozenset[str]:
    """Every file of /etc: kind, mode, owner, target and content."""
    return frozenset(line for argv in (LISTED, SUMMED) for line in console(*argv).splitlines())


def is_armed() -> bool:
    """Whether a change holds the host's lock."""
    return machine.run(HOST, ("test", "-L", ARMED)).returncode == 0


def is_changed() -> bool:
    """Whether the NIC is in a bridge of any name, or the bridge of the parameters is there."""
    port, bridge = "/sys/class/net/enp4s0f0/brport", "/sys/class/net/virbr1"
    return machine.run(HOST, ("test", "-e", port, "-o", "-e", bridge)).returncode == 0
