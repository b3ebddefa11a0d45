"""Programs in the place of ifupdown: what was tried with them is changed, all else is refused."""

from __future__ import annotations

import pytest
from tests.unit import fakes
from tests.unit.fakes import NIC, Row, file
from tests.unit.preflight.looking import look, told

from runbook.common.errors import Refused
from runbook.plan.promise import ifupdown_program
from runbook.plan.routed.procedure import make_plan
from runbook.state.files import IFUPDOWN2, IFUPDOWN_NG
from runbook.state.snapshot import Snapshot

PROGRAMS = {IFUPDOWN2: "ifupdown2", IFUPDOWN_NG: "ifupdown-ng"}
INTERFACES = "/etc/network/interfaces"


def run_by(path: str, text: str = fakes.INTERFACES, **tables: list[Row]) -> Snapshot:
    return fakes.seen(files=[file(INTERFACES, text), file(path, "#!/bin/sh\n", "0755")], **tables)


def test_debian_s_own_ifupdown_is_no_other_program() -> None:
    assert ifupdown_program.another(fakes.seen()) == ""
    assert told(look(), "ok", "ifupdown")


@pytest.mark.parametrize(("path", "name"), PROGRAMS.items())
def test_a_static_address_is_changed_as_it_was_tried(path: str, name: str) -> None:
    host = run_by(path)
    assert ifupdown_program.another(host) == name
    assert make_plan(fakes.params(), host).changes
    assert f"{name} reads" in told(look(host), "note", "ifupdown").seen


@pytest.mark.parametrize(("path", "name"), PROGRAMS.items())
@pytest.mark.parametrize("stanza", [f"iface {NIC} inet dhcp", f"iface {NIC} inet6 auto"])
def test_a_stanza_that_nobody_tried_is_refused_with_its_line(
    path: str, name: str, stanza: str
) -> None:
    text = f"auto {NIC}\niface {NIC} inet manual\n{stanza}\n"
    with pytest.raises(Refused, match=f"{name} reads .*{INTERFACES}:3 has `{stanza}`") as refused:
        make_plan(fakes.params(), run_by(path, text))
    assert "apt-get install ifupdown" in refused.value.then


@pytest.mark.parametrize("kind", ["bond", "vlan"])
def test_a_port_that_comes_and_goes_is_refused(kind: str) -> None:
    links = [fakes.link("lo"), fakes.link(NIC, mac=fakes.NIC_MAC, kind=kind)]
    with pytest.raises(Refused, match=f"it is a {kind}"):
        make_plan(fakes.params(), run_by(IFUPDOWN2, links=links))
