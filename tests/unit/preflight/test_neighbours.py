"""Entries of the NIC that the kernel forgets with its address, or that the bridge will not have."""

from __future__ import annotations

from dataclasses import replace

from tests.unit import fakes
from tests.unit.fakes import BRIDGE, NIC
from tests.unit.preflight.looking import look, refusal, told

from runbook.preflight.boot_lines import BY_NAME
from runbook.state.host.nic_entries import NicEntries


def test_a_proxy_entry_is_refused_because_no_undo_brings_it_back() -> None:
    entries = NicEntries(proxies=("fd16::9", "fd16::10"))
    found = refusal(around=replace(fakes.GOOD, entries=entries))
    assert found.level == "block"
    assert "fd16::9, fd16::10" in found.seen
    assert f"ip -6 neigh del proxy fd16::9 dev {NIC}" in found.then
    assert f"ip -6 neigh add proxy fd16::9 dev {BRIDGE}" in found.then


def test_a_multicast_group_that_a_program_has_joined_needs_a_consent() -> None:
    around = replace(fakes.GOOD, entries=NicEntries(groups=("239.9.9.9",)))
    found = refusal(around=around)
    assert (found.level, found.name) == ("consent", BY_NAME)
    assert "239.9.9.9" in found.seen
    assert look(around=around, consent=["bpdu", BY_NAME])


def test_a_host_without_such_entries_is_fine() -> None:
    cleared = look()
    assert told(cleared, "ok", "proxy entries")
    assert told(cleared, "ok", "multicast")
