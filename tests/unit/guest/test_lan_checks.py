from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import NoReturn, cast

import pytest
from tests.unit import fakes
from tests.unit import guest_data as data

from runbook.apply.verify import Verdict
from runbook.guest import lan_checks
from runbook.guest.lan_checks import LanView
from runbook.guest.sessions import GuestSessions
from runbook.params.guests import Guest
from runbook.plan.promise.check import Check
from runbook.plan.promise.guests import ExpectedGuest
from runbook.transport.host import Completed, Host
from runbook.transport.router import RouterSays

PROMISE = data.plan(data.seen()).of_guests
(GUEST,) = PROMISE.guests
OTHER = "02:00:00:00:00:99"
OLD = "192.168.122.50"
KNOWN = replace(GUEST, heard=OLD)
ARP = "172.16.1.10, asked for by ARP from the host, is answered for by"
HERE = "this machine pings 172.16.1.10"


def heard(**other: object) -> LanView:
    usual: dict[str, object] = {
        "answers": (data.MAC,),
        "pinged": True,
        "router_sends_to": data.MAC,
        "router": None,
        "from_here": "not to be said",
    }
    return LanView(**{**usual, **other})  # type: ignore[arg-type] # by name


def listened(held: str = fakes.ADDRESS) -> LanView:
    """What is heard of the guest by a host that holds this address."""
    seen = data.seen(addresses=[fakes.address("virbr1", held)])
    return lan_checks.listen(cast("Host", fakes.FakeHost()), data.params(), PROMISE, GUEST, seen)


def broken(told: LanView, guest: ExpectedGuest = GUEST) -> set[str]:
    return {check.about for check in Verdict(tuple(told.checks(guest))).broken}


def from_here(told: LanView, guest: ExpectedGuest) -> Check:
    (found,) = (check for check in told.checks(guest) if check.about == HERE)
    return found


def test_nobody_or_two_that_answer_break_the_promise() -> None:
    assert broken(heard(answers=())) == {ARP}
    assert broken(heard(answers=(OTHER, data.MAC))) == {ARP}


@pytest.mark.parametrize(
    ("sees", "router", "here"),
    [
        *product(
            (None, data.MAC),
            (None, RouterSays("gw", (), "no way in")),
            ("not to be said", False, True),
        )
    ],
)
def test_a_guest_that_nobody_heard_by_arp_never_passes(
    sees: str | None,
    router: RouterSays | None,
    here: bool | str,  # noqa: FBT001 - a value of the table above
) -> None:
    told = heard(answers=(), router_sends_to=sees, router=router, from_here=here)
    assert not Verdict(tuple(told.checks(GUEST))).passed
    assert not Verdict(tuple(told.checks(replace(KNOWN, unheard=True)))).passed


def test_a_router_that_sends_elsewhere_breaks_it_and_one_that_is_silent_does_not() -> None:
    told = broken(heard(router_sends_to=OTHER))
    assert told == {"172.16.0.1, pinged from the host as vm-01, sends the reply to"}
    assert broken(heard(router_sends_to=None)) == set()


def test_the_routers_own_table_counts_where_it_could_be_read() -> None:
    told = broken(heard(router=RouterSays("gw", (OTHER,), "")))
    assert told == {"gw, logged in to, holds for 172.16.1.10"}
    assert broken(heard(router=RouterSays("gw", (), "no way in"))) == set()


def test_a_guest_that_answered_before_has_to_answer_this_machine() -> None:
    assert broken(heard(from_here=False), KNOWN) == {HERE}
    told = from_here(heard(from_here=False), KNOWN)
    assert (told.promised, told.required) == (f"answers, as at {OLD} before", True)
    assert "no answer to 3 pings, and the host answers" in told.seen
    assert "consent unheard" in told.seen
    assert broken(heard(from_here=True), KNOWN) == set()


@pytest.mark.parametrize(
    ("guest", "here", "why"),
    [
        (GUEST, False, "before the change it answered no other subnet"),
        (replace(KNOWN, unheard=True), False, "consent unheard"),
        (KNOWN, "this machine has no ping", "this machine has no ping"),
    ],
)
def test_where_it_proves_nothing_it_is_told_with_the_reason(
    guest: ExpectedGuest,
    here: bool | str,  # noqa: FBT001 - a value of the table above
    why: str,
) -> None:
    told = from_here(heard(pinged=False, from_here=here), guest)
    assert (told.promised, told.required, told.kept) == (f"not required: {why}", False, False)
    assert broken(heard(pinged=False, from_here=here), guest) == set()


class Pinged:
    """Which addresses answer: the host, by (address, source), and this machine."""

    def __init__(self, *host: tuple[str, str], here: Sequence[str] = ()) -> None:
        self.host, self.here, self.asked = host, here, list[str]()

    def of_host(self, argv: Sequence[str]) -> Completed | None:
        if argv[0] != "ping":
            return None
        source = argv[argv.index("-I") + 1] if "-I" in argv else ""
        return Completed(tuple(argv), int((argv[-1], source) not in self.host), b"", b"")

    def of_here(
        self, argv: Sequence[str], **_options: object
    ) -> subprocess.CompletedProcess[bytes]:
        self.asked.append(argv[-1])
        return subprocess.CompletedProcess(argv, int(argv[-1] not in self.here))


@pytest.mark.parametrize(
    ("pinged", "addresses", "said"),
    [
        (Pinged(), (), ""),
        (Pinged(), (f"{OLD}/24",), ""),
        # It answers its own subnet, of which the host is a part, and nobody else.
        (Pinged((OLD, "")), (f"{OLD}/24",), ""),
        (Pinged((OLD, fakes.IP)), ("10.1.1.1/24", f"{OLD}/24"), OLD),
        # On the LAN the host is a neighbour, and this machine may be beyond the router.
        (Pinged(("172.16.1.9", fakes.IP)), ("172.16.1.9/16",), ""),
        (Pinged(here=("172.16.1.9",)), ("172.16.1.9/16",), "172.16.1.9"),
        # Another network's guest here may have the very address.
        (Pinged(here=(OLD,)), (f"{OLD}/24",), ""),
    ],
)
def test_what_counts_is_an_answer_to_another_subnet(
    pinged: Pinged, addresses: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subprocess, "run", pinged.of_here)
    host = cast("Host", fakes.FakeHost(answers=[pinged.of_host]))
    assert lan_checks.first_answering(host, data.params(), addresses) == said


def test_one_lost_ping_is_no_silence_and_a_host_that_is_silent_proves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pinged = Pinged()
    monkeypatch.setattr(shutil, "which", lambda _program: "/bin/ping")
    monkeypatch.setattr(subprocess, "run", pinged.of_here)
    told = listened()
    assert told.from_here == "the host does not answer this machine either"
    assert pinged.asked == [fakes.IP] * lan_checks.TRIES
    assert broken(told) == {ARP}


def test_a_guest_whose_host_has_no_address_beside_it_is_pinged_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pinged = Pinged()
    monkeypatch.setattr(shutil, "which", lambda _program: "/bin/ping")
    monkeypatch.setattr(subprocess, "run", pinged.of_here)
    told = listened("192.0.2.1/24")
    assert told.from_here is False
    assert set(pinged.asked) == {data.ADDRESS.partition("/")[0]}


def test_a_machine_without_ping_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    told = listened()
    assert told.from_here == "this machine has no ping (Debian: iputils-ping)"
    assert (
        lan_checks.first_answering(cast("Host", fakes.FakeHost()), data.params(), ["172.16.1.9"])
        == ""
    )


def test_a_guest_that_nobody_went_into_is_asked_for_on_the_lan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    params = data.params()
    seen = GuestSessions(params, params.guests, _nobody_enters, fakes.Time())
    checks = seen.checks(cast("Host", fakes.FakeHost()), PROMISE, data.seen())
    assert {check.about for check in Verdict(checks).broken} == {ARP}


def _nobody_enters(_host: Host, _guest: Guest) -> NoReturn:
    pytest.fail("nobody is to go inside")
