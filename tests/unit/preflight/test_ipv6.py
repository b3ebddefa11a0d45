"""IPv6 that cannot be carried is refused, and what can is said."""

from __future__ import annotations

from tests.unit import fakes
from tests.unit.fakes import NIC
from tests.unit.preflight.looking import look, plus, refusal, told

from runbook.plan.routed.procedure import make_plan
from runbook.preflight import preflight


def test_an_address_that_somebody_lent_cannot_be_carried() -> None:
    lent = {**fakes.address(NIC, "fd00::1/128"), **fakes.ADDRESS6, "flags": ""}
    found = refusal(plus("addresses", lent))
    assert "as DHCPv6 does" in found.seen
    assert "static" in found.then


def test_a_static_address_is_said_to_move_along() -> None:
    wanted, host = fakes.params(consent=["bpdu", "nic-by-name"]), fakes.seen(**fakes.static6())
    cleared = preflight(wanted, make_plan(wanted, host), host, fakes.GOOD)
    assert told(cleared, "note", "IPv6").seen == f"{fakes.IP6}/64"


def test_a_host_without_ipv6_is_looked_at_as_well() -> None:
    assert told(look(), "ok", "IPv6").seen
