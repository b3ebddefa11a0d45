"""Hosts that let in only so many new SSH connections, and how many a change makes."""

from __future__ import annotations

import threading

import pytest
from tests.lab.test_files import console, ready, refusal
from tests.lab.test_lasting import params

from runbook.apply.confirm import Confirmed
from runbook.apply.phases import Applied
from runbook.lab import wiring
from runbook.plan.plan import PHASES
from runbook.run import pipeline
from runbook.run.failures import Differs
from runbook.run.session import Session, Underway

NEW = "iptables -A INPUT -p tcp --dport 22 -m conntrack --ctstate NEW -m recent --name SSH"
CONSENT = ["bpdu", "ssh-limit"]
OUTAGE_S = 25
SYN = "INPUT -p tcp --dport 22 --syn -j DROP"


def limit(host: str, hitcount: int) -> None:
    """The well-known recipe; a connection that is dropped makes it begin anew."""
    rest = f"--update --seconds 30 --hitcount {hitcount} -j DROP"
    assert console(host, f"{NEW} --set; {NEW} {rest}") == b""


def logins(host: str) -> int:
    told = console(host, "journalctl -q -b -u ssh --no-pager | grep -c 'Accepted publickey'")
    return int(told)


def test_a_change_makes_three_connections_with_libvirt_s(fresh_host: str) -> None:
    before = logins(fresh_host)
    assert isinstance(pipeline.change(pipeline.open_session(params(fresh_host))), Confirmed)
    # The session, the verification, the confirmation.
    assert logins(fresh_host) - before == 3


@pytest.mark.thorough
def test_a_host_of_one_session_for_each_connection_is_changed_all_the_same(
    fresh_host: str,
) -> None:
    console(fresh_host, "echo MaxSessions 1 >>/etc/ssh/sshd_config; systemctl restart ssh")
    assert isinstance(pipeline.change(pipeline.open_session(params(fresh_host))), Confirmed)


@pytest.mark.thorough
def test_the_usual_limit_is_named_and_then_never_met(fresh_host: str) -> None:
    limit(fresh_host, 6)
    assert "--hitcount 6" in refusal(fresh_host)
    console(fresh_host, "echo / >/proc/net/xt_recent/SSH")
    session = pipeline.open_session(params(fresh_host, consent=CONSENT))
    assert isinstance(pipeline.change(session), Confirmed)
    dropped = console(fresh_host, "iptables -vnL INPUT | grep hit_count").decode().split()[0]
    assert dropped == "0"


def shut_out(host: str) -> None:
    """No new connection comes in; those that stand go on."""
    console(host, f"iptables -I {SYN}")


def let_in(host: str) -> None:
    console(host, f"iptables -D {SYN}")


def changed(host: str) -> tuple[Session, Underway, Applied]:
    session = pipeline.open_session(params(host, consent=CONSENT))
    underway = pipeline.arm(session, ready(session))
    for phase in PHASES:
        applied = pipeline.apply(session, underway, phase)
    return session, underway, applied


@pytest.mark.thorough
def test_a_limit_that_drops_the_verification_undoes_no_good_change(fresh_host: str) -> None:
    session, underway, applied = changed(fresh_host)
    shut_out(fresh_host)
    # A limit forgets what it dropped, most of them in 30 s.
    threading.Timer(30.0, let_in, (fresh_host,)).start()
    verified = pipeline.verify(session, underway, applied)
    assert isinstance(pipeline.confirm(session, verified), Confirmed)


@pytest.mark.thorough
def test_an_undo_is_seen_to_end_though_no_new_connection_is_let_in(fresh_host: str) -> None:
    session, underway, _applied = changed(fresh_host)
    shut_out(fresh_host)
    with pytest.raises(Differs) as told:
        pipeline.roll_back(session, underway, "because")
    # The rule of this test, and nothing else.
    rows = told.value.undone.differences.rows
    assert set(rows["table"]) == {"firewall"}
    assert "--tcp-flags" in str(told.value.undone.differences)
    journal = console(fresh_host, f"cat {underway.armed.layout.journal}")
    assert b"finished: the host is as it was" in journal


@pytest.mark.thorough
def test_after_an_outage_the_undo_is_asked_for_again_and_not_left_to_the_deadline(
    fresh_host: str,
) -> None:
    session = pipeline.open_session(params(fresh_host, deadline_s=600))
    underway = pipeline.arm(session, ready(session))
    for phase in PHASES[:-1]:
        pipeline.apply(session, underway, phase)
    wiring.set_cable(fresh_host, "down")
    threading.Timer(OUTAGE_S, wiring.set_cable, (fresh_host, "up")).start()
    begun = session.clock.monotonic()
    assert pipeline.roll_back(session, underway, "the cable was out").as_before
    took = session.clock.monotonic() - begun
    assert took < OUTAGE_S + 60
    assert b"undo (operator): begins" in console(fresh_host, f"cat {underway.armed.layout.journal}")
