"""A file says the same in UTF-8 and in Latin-1: it is judged the same, and no byte hides it."""

from __future__ import annotations

import pytest
from tests.unit import fakes
from tests.unit.fakes import ADDRESS, GATEWAY, NIC, FakeHost

from runbook.common.errors import Refused
from runbook.plan.changes.file_steps import EditFile
from runbook.plan.routed.procedure import make_plan
from runbook.preflight import Cleared, preflight
from runbook.state import files
from runbook.state.snapshot import Snapshot

COMMENT = "# für Jörg\n"
MAIN = "/etc/network/interfaces"
SOURCING = f"source /etc/network/interfaces.d/*\n{fakes.INTERFACES}"
SECOND = f"{COMMENT}iface {NIC} inet static\n    address 172.16.9.9/16\n"
OTHER = f"{COMMENT}auto br7\niface br7 inet static\n    address {ADDRESS}\n    bridge_ports {NIC}\n"
FORWARDING = f"{COMMENT}net.ipv4.ip_forward=0\n"


def host(**contents: bytes) -> Snapshot:
    """The standard host with the files that its reader finds there, by name."""
    there = FakeHost()
    for name, content in contents.items():
        path = {"main": MAIN, "stanza": f"{MAIN}.d/alt", "sysctl": "/etc/sysctl.d/99-zz.conf"}[name]
        there.hold_bytes(path, content)
    return fakes.seen().having(files.FileRow, files.read(there))


def judged(seen: Snapshot) -> Cleared:
    """What planning and preflight say of it; raises Refused."""
    asked = fakes.params()
    return preflight(asked, make_plan(asked, seen), seen, fakes.GOOD)


@pytest.mark.parametrize("coding", ["utf-8", "latin-1"])
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("sysctl", FORWARDING, "/etc/sysctl.d/99-zz.conf"),
        ("stanza", SECOND, "does not hold it"),
        ("stanza", OTHER, "br7"),
    ],
)
def test_what_would_be_read_at_the_next_boot_refuses_in_any_coding(
    name: str, content: str, words: str, coding: str
) -> None:
    seen = host(main=SOURCING.encode(), **{name: content.encode(coding)})
    with pytest.raises(Refused) as refused:
        judged(seen)
    assert words in str(refused.value)


@pytest.mark.parametrize("coding", ["utf-8", "latin-1"])
def test_a_comment_in_any_coding_stays_to_the_byte(coding: str) -> None:
    before = f"{COMMENT}{fakes.INTERFACES}    # bis Straße\n    mtu 1500\n".encode(coding)
    plan = judged(host(main=before)).plan
    (edit,) = (n.step for n in plan.steps() if isinstance(n.step, EditFile))
    after = edit.applied_to(before)
    gone = f"    address {ADDRESS}\n    gateway {GATEWAY}\n".encode()
    assert after == before.replace(gone, b"").replace(b"inet static", b"inet manual")
