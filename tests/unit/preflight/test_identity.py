from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes
from tests.unit.hosts import WHO
from tests.unit.preflight.looking import look, refusal, told

from runbook.preflight import RefusedByPreflight, refuse_another_machine

ANOTHER = "b" * 32


def test_another_machine_than_the_one_pinned() -> None:
    found = refusal(machine_id=ANOTHER)
    assert (found.level, found.about) == ("block", "machine")
    assert WHO.machine_id in found.seen
    assert ANOTHER in found.seen


def test_another_machine_is_refused_before_anything_else_is_asked() -> None:
    with pytest.raises(RefusedByPreflight, match=ANOTHER):
        refuse_another_machine(fakes.params(machine_id=ANOTHER), WHO)
    refuse_another_machine(fakes.params(), WHO)


def test_a_machine_that_is_not_pinned_is_told_with_the_line_that_pins_it() -> None:
    found = told(look(), "note", "machine")
    assert f"params/server-01.yaml: machine_id: {WHO.machine_id}" in found.then


def test_the_machine_that_was_pinned_is_fine() -> None:
    assert told(look(machine_id=WHO.machine_id), "ok", "machine")


def test_a_release_that_no_lab_boots_is_named_with_what_to_do_first() -> None:
    host = fakes.seen()
    buster = replace(host.identity, os_id="debian", os_version="10", os_name="Debian 10 (buster)")
    found = told(look(replace(host, identity=buster)), "note", "release")
    assert "no change was ever made" in found.seen
    assert "Not tried: libvirt 5.0" in found.why
    assert "runbook record-host server-01" in found.then
    assert told(look(host), "ok", "release")
