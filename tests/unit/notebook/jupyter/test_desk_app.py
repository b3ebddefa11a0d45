from __future__ import annotations

import re
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pexpect
import pytest

from runbook.common.clock import Clock
from runbook.notebook.jupyter import desk_app
from runbook.params import KnownHost
from runbook.run import many_hosts
from runbook.run.many_hosts import HostAnswer
from runbook.run.standing import HostStatus

ROOT = Path(__file__).parents[4]
HOST = "interface: enp4s0f0\naddress: 172.16.1.1/16\ngateway: 172.16.0.1\n"
# A busy machine takes its time to start a server.
SLOW_S = 90


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params").mkdir()
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    return tmp_path


def test_at_ctrl_c_each_host_is_asked_and_what_is_not_known_is_said(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("server-01", "server-02"):
        (home / "params" / f"{name}.yaml").write_text(HOST)

    def standings(
        hosts: Sequence[KnownHost], clock: Clock, patience_s: float
    ) -> Iterator[HostAnswer[HostStatus]]:
        del clock
        assert [host.host for host in hosts] == ["server-01", "server-02"]
        yield HostAnswer("server-01", HostStatus("server-01"))
        yield HostAnswer("server-02", None, f"no answer within {patience_s:.0f} s")

    monkeypatch.setattr(many_hosts, "standings", standings)
    first, held, free, ends = desk_app.armed()
    assert first == "Asking server-01, server-02 whether a change is armed …"
    assert held == "server-02: not known: no answer within 5 s"
    assert free == "No change is armed on server-01."
    assert "undone when the desk ends" in ends


def test_without_a_host_nothing_is_asked(home: Path) -> None:
    assert home
    assert list(desk_app.armed()) == ["No change is armed: no host is described in params/."]


def test_the_address_is_the_only_line_and_ctrl_c_says_what_is_armed(home: Path) -> None:
    program = str(Path(sys.executable).with_name("runbook"))
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), "RUNBOOK_HOME": str(home)}
    desk = pexpect.spawn(
        program, ["desk", "--port", "0", "--no-browser"], env=environment, encoding="utf-8"
    )
    try:
        desk.expect(r"The desk: (http://127\.0\.0\.1:\d+/lab/workspaces/\S+)", timeout=SLOW_S)
        assert desk.before.strip() == ""
        assert re.search(r"/desk\.ipynb\?token=\w+$", desk.match[1])
        desk.kill(signal.SIGINT)
        desk.expect("No change is armed", timeout=SLOW_S)
        desk.expect("Shut down this Jupyter server", timeout=SLOW_S)
        desk.sendline("y")
        desk.expect(pexpect.EOF, timeout=SLOW_S)
    finally:
        desk.close(force=True)
    assert desk.exitstatus == 0
