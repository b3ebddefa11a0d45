"""The card has another name than the change knows: what the undo says, and that it then works."""

from __future__ import annotations

import re

from tests.lab.test_files import NIC, console, params

from runbook.apply.confirm import Confirmed
from runbook.lab import machine
from runbook.lab.names import address, mac
from runbook.lab.probe import OutageProbe
from runbook.plan.changes.nic_name import link_path
from runbook.run import pipeline

RENAMED = "enp3s0f0"
UNDO = "sh /var/lib/runbook/*/undo; echo exit status $?"


def test_a_card_of_another_name_is_named_by_the_undo_with_what_to_type(fresh_host: str) -> None:
    assert isinstance(pipeline.change(pipeline.open_session(params(fresh_host))), Confirmed)
    kept = console(fresh_host, f"cat {link_path('routed')}").decode()
    assert f"MACAddress={mac(fresh_host)}" in kept
    assert f"Name={NIC}" in kept

    # As after a boot with the card in another slot.
    console(fresh_host, f"ip link set dev {NIC} down; ip link set dev {NIC} name {RENAMED}")
    said = console(fresh_host, UNDO).decode()
    assert "exit status 1" in said
    assert f"its card (MAC {mac(fresh_host)}) is called {RENAMED} now" in said
    assert "Traceback" not in said
    # Its guests keep their bridge.
    assert b"virbr1" in console(fresh_host, "ip -brief link show dev virbr1")

    (typed,) = re.findall(r"type: (ip link .*)", said)
    said = console(fresh_host, f"({typed}) 2>&1; echo exit status $?").decode()
    assert "exit status 0" in said
    assert "Traceback" not in said
    assert f"{address(fresh_host)}/16" in console(fresh_host, f"ip -4 addr show {NIC}").decode()
    assert OutageProbe(address(fresh_host), rate=10, seconds=1).result().lost == 0
    assert b"No such file" in console(fresh_host, f"ls {link_path('routed')}")
    machine.shut_down(fresh_host)
    machine.power_on(fresh_host)
