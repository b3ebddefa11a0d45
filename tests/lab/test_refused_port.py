"""The kernel does not take the NIC as a port: nothing is lost, and the host undoes by itself."""

from __future__ import annotations

from contextlib import closing

import pytest
from tests.lab.test_files import BRIDGE, NIC, console, params, ready
from tests.lab.test_routed import is_late, probed_across

from runbook.common.errors import StepFailed
from runbook.lab import lab as labs
from runbook.lab.names import address
from runbook.plan.plan import PHASES
from runbook.run import pipeline

# Its frames have a taker already, so the kernel refuses the NIC as a port (EBUSY). Wi-Fi
# (EOPNOTSUPP) and IPoIB (EINVAL) it refuses at the same message.
TAKER = f"ip link add link {NIC} name taker type macvlan mode private"


def refused(host: str, words: list[str]) -> None:
    """A change whose NIC gets another taker once it is armed; the words of its end."""
    session = pipeline.open_session(params(host))
    with closing(session.host):
        underway = pipeline.arm(session, ready(session))
        assert console(host, TAKER) == b""
        for phase in PHASES[:2]:
            pipeline.apply(session, underway, phase)
        with pytest.raises(StepFailed) as failed:
            pipeline.apply(session, underway, "cutover")
        words.append(str(failed.value))
        held = console(host, f"ip -4 -o address show dev {NIC}").decode()
        console(host, "ip link delete dev taker")
        # Nobody asks for the undo here: the host has started it.
        undone = pipeline.roll_back(session, underway, why=failed.value.what)
        assert undone.as_before
        words += [held, undone.log]


def test_nothing_is_lost_and_the_host_s_own_journal_has_the_kernel_s_words(fresh_host: str) -> None:
    words: list[str] = []
    seen = probed_across(lambda: refused(fresh_host, words))
    if is_late(seen):
        labs.renew(fresh_host)
        words.clear()
        seen = probed_across(lambda: refused(fresh_host, words))
    assert seen.lost == 0, seen
    told, held, log = words
    step = f"ip link set dev {NIC} master {BRIDGE}"
    assert f"the kernel refused `{step}`: Device or resource busy" in told
    assert "were to follow were not sent" in told
    assert f"{address(fresh_host)}/16" in held
    assert f"the kernel refused `{step}`: Device or resource busy" in log
    assert "undo (refused): begins" in log
