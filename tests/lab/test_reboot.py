"""`reboot: rehearse` on a host of the lab: only a host that comes up as promised stays changed.

A host of the lab ends when it reboots itself. `powered` switches it on again, as firmware would.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from tests import bench, stages
from tests.faults.scene import files
from tests.lab.test_files import console, params
from tests.matrix.course import FINE, Start, as_before

from runbook.apply import reboot
from runbook.apply.checkpoint.history import latest
from runbook.common.errors import LabError, StepFailed
from runbook.lab import machine
from runbook.run import pipeline
from runbook.run.session import Session
from runbook.state.host import probes

# Longer than a host of the lab is waited for that does not come up.
DOWN_S = 180.0
pytestmark = pytest.mark.timeout(900)
# As a unit of somebody's that does not know the bridge may do it.
CUTS_OFF = b"""\
[Unit]
After=libvirtd.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'sleep 3; ip link set dev virbr1 down; true'
[Install]
WantedBy=multi-user.target
"""


@contextmanager
def powered(host: str) -> Iterator[list[float]]:
    """Switch the host on again each time that it has gone down by itself; when it was."""
    over, boots = threading.Event(), list[float]()

    def look() -> None:
        while not over.wait(0.5):
            if not machine.leader(host):
                boots.append(time.monotonic())
                # One that is cut off is not seen to come up.
                with suppress(LabError):
                    machine.power_on(host)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield boots
    finally:
        over.set()
        thread.join(DOWN_S)


def opened(host: str) -> tuple[Session, Start]:
    asked = params(host).model_copy(update={"reboot": "rehearse"})
    session = pipeline.open_session(asked)
    state = pipeline.read(session)
    promise = stages.draft(session, state).plan.of_host
    probed = probes.probe(session.host, asked.gateway, asked.probes, asked.interface)
    return session, Start(state, frozenset(files(host)), probed, promise)


@pytest.mark.thorough
def test_a_host_that_cuts_itself_off_at_its_boot_is_as_before_after_the_reboot(
    fresh_host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reboot, "BOOT_S", 60)
    unit = "/etc/systemd/system/cuts-off.service"
    console(fresh_host, f"cat >{unit}; systemctl enable cuts-off", CUTS_OFF)
    session, start = opened(fresh_host)
    with closing(session.host), powered(fresh_host) as boots, pytest.raises(StepFailed) as told:
        pipeline.change(session)
    assert len(boots) == 1
    assert "undid the change" in str(told.value)
    assert as_before(session, fresh_host, start) == FINE
    with closing(session.connect()) as fresh:
        ended = latest(fresh)
    assert ended is not None
    assert "undo (deadline): finished: the host is as it was" in ended.checkpoint.log.text


def test_a_host_that_comes_up_as_promised_is_confirmed_after_one_reboot(
    fresh_host: str, tmp_path: Path
) -> None:
    home = bench.make_home(tmp_path)
    with powered(fresh_host) as boots:
        asked = ("-p", "host", fresh_host, "-p", "reboot", "rehearse")
        done = bench.papermill(home, *asked, limit_s=600)
    assert done.status == 0, done.said
    assert done.outcome["outcome"] == "as promised"
    assert len(boots) == 1
    (verdict,) = (home / "outputs" / fresh_host).glob("*/verdict.json")
    assert "the host comes up by itself" in verdict.read_text()
    assert b"boots with the change in place" in console(
        fresh_host, "cat /var/lib/runbook/*/journal"
    )
    session = pipeline.open_session(params(fresh_host))
    with closing(session.host):
        stands = session.subject.standing(
            session.host, stages.draft(session, before := pipeline.read(session)), before
        )
    assert stands.passed, stands.reasons
