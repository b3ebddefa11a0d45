"""Guests seen from beyond the router: what answered before has to answer after, or says why not.

The notebook runs where the lab's operator is. The host drops what nobody needs, and its bridge
hands frames to iptables.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests import bench
from tests.bench import HOST, Done
from tests.lab import guesting
from tests.lab.guesting import console
from tests.run_folder import run_folder

from runbook.lab import guest as lab_guests
from runbook.lab.guest_xml import Guest as LabGuest
from runbook.lab.names import OPERATOR
from runbook.lab.probe import OutageProbe
from runbook.plan.promise.check import Check

pytestmark = pytest.mark.thorough
NOTEBOOK = bench.ROOT / "notebooks" / "guest.ipynb"
BEYOND = ("ip", "netns", "exec", OPERATOR)
IP, OLD = "172.16.1.10", "192.168.122.50"
HERE = f"this machine pings {IP}"
# Until the guest's next start: none of its files says so.
DEAF = "echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all"


@pytest.fixture(scope="module")
def guest() -> Iterator[LabGuest]:
    bench.fresh()
    guesting.on_the_lan(firewall="drop")
    (made,) = guesting.added("quick", "vm-01")
    assert console("cat", "/proc/sys/net/bridge/bridge-nf-call-iptables").strip() == "1"
    yield made
    bench.fresh()


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNBOOK_GUEST_PASSWORD_VM_01", "lab")


def run(home: Path, *options: str) -> Done:
    """Move the guest, from beyond the router."""
    wanted = ("-p", "guest", "vm-01", "-p", "address", f"{IP}/16")
    asked = ("-p", "host", HOST, *wanted, *options)
    return bench.papermill(home, *asked, notebook=NOTEBOOK, place=BEYOND)


def told(done: Done) -> Check:
    """What the record says of the guest as this machine has it."""
    verdict = json.loads((run_folder(done) / "verdict.json").read_text())
    (found,) = (row for row in verdict if row["about"] == HERE)
    return Check(**found)


@contextmanager
def not_let_through() -> Iterator[None]:
    """The router forwards to the host, and nothing to the guest; both are its neighbours."""
    rule = ("to", f"{IP}/32", "iif", "uplink", "blackhole")
    guesting.router("ip", "rule", "add", *rule)
    try:
        yield
    finally:
        guesting.router("ip", "rule", "delete", *rule)


def back(guest: LabGuest) -> None:
    """The guest is where it was."""
    assert "default" in console("virsh", "domiflist", "vm-01")
    lab_guests.wait(HOST, guest)


def test_a_router_that_lets_nothing_through_to_it_undoes_the_change(
    guest: LabGuest, home: Path
) -> None:
    with not_let_through():
        done = run(home)
    assert done.status != 0
    assert done.outcome["outcome"] == "as before (rolled back)"
    check = told(done)
    assert (check.promised, check.required) == (f"answers, as at {OLD} before", True)
    assert "no answer to 3 pings, and the host answers" in check.seen
    # Nothing else was amiss: the LAN has the guest, and the router too.
    verdict = json.loads((run_folder(done) / "verdict.json").read_text())
    assert [r["about"] for r in verdict if r["required"] and not r["kept"]] == [HERE]
    assert HERE in done.said
    back(guest)


def test_a_guest_that_never_answered_others_is_told_and_kept(guest: LabGuest, home: Path) -> None:
    guesting.in_guest("vm-01", DEAF)
    done = run(home)
    assert done.status == 0, done.said
    check = told(done)
    assert check.promised == "not required: before the change it answered no other subnet"
    assert (check.kept, check.required) == (False, False)
    lab_guests.remove(HOST, guest.name)
    guesting.added("quick", "vm-01")


def test_with_consent_it_is_kept_and_told(guest: LabGuest, home: Path) -> None:
    assert guest
    with not_let_through():
        done = run(home, "-p", "consent", "unheard")
        assert OutageProbe(IP, rate=10, seconds=1).result().lost == 10
    assert done.status == 0, done.said
    assert done.outcome["outcome"] == "as promised"
    check = told(done)
    assert (check.promised, check.required) == ("not required: consent unheard", False)
    assert check.seen == "no answer to 3 pings"
    findings = json.loads((run_folder(done) / "preflight.json").read_text())
    (given,) = (one for one in findings if one["name"] == "unheard")
    assert given["given"]
    assert f"at {OLD}, and need not answer this machine at {IP}" in given["seen"]
    # The way was all that was shut.
    assert OutageProbe(IP, rate=10, seconds=1).result().lost == 0
    assert guesting.neighbour("vm-01") == guesting.mac("vm-01")
