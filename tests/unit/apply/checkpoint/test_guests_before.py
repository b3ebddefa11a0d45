"""How guests were before a change, kept on the host: it comes back whole, or it is said why not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import fakes, insides
from tests.unit import guest_data as data

from runbook.apply.checkpoint import guests_before, layout
from runbook.apply.checkpoint.arm import arm
from runbook.apply.checkpoint.armed_change import Checkpoint, read_checkpoint
from runbook.apply.checkpoint.guests_before import ROOM, dumps, loads
from runbook.apply.checkpoint.layout import Layout
from runbook.preflight import Cleared
from runbook.state.guest.files import InsideFile
from runbook.state.guest.inside import RESOLV_CONF, Inside

PLACE = Layout(fakes.CHANGE)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TUPLES = st.lists(WORDS, max_size=3).map(tuple)
FILES = st.builds(
    InsideFile,
    path=WORDS,
    content=st.one_of(st.binary(max_size=40), WORDS.map(str.encode)),
    mode=st.integers(0, 0o7777),
)
SEEN = st.builds(
    Inside,
    **dict.fromkeys(("mac", "ifname", "master", "hostname", "os_id", "os_version"), WORDS),
    **dict.fromkeys(("os_name", "owned_by", "cloud_init"), WORDS),
    **{name: st.booleans() for name in ("systemd", "root")},
    **dict.fromkeys(("managers", "addresses", "default_routes", "nameservers"), TUPLES),
    **dict.fromkeys(("answering", "dhcp_clients", "tools", "withheld"), TUPLES),
    resolv_conf=st.one_of(st.none(), FILES.map(lambda file: replace(file, path=RESOLV_CONF))),
    resolv_link=WORDS,
    files=st.lists(FILES, max_size=3, unique_by=lambda file: file.path).map(tuple),
)


def without_files(seen: Inside) -> Inside:
    return replace(seen, files=(), resolv_conf=None)


@given(st.dictionaries(WORDS, SEEN, max_size=3))
def test_whatever_a_guest_was_it_compares_as_the_same_when_it_comes_back(
    before: dict[str, Inside],
) -> None:
    checkpoint = loads(dumps(before)).inside
    assert checkpoint.keys() == before.keys()
    for name, was in before.items():
        assert without_files(checkpoint[name]) == without_files(was)
        assert all(check.kept for check in insides.compared(checkpoint[name], was))
        assert all(check.kept for check in insides.compared(was, checkpoint[name]))


@given(SEEN, FILES)
def test_a_file_that_was_changed_is_seen_to_be(before: Inside, other: InsideFile) -> None:
    checkpoint = loads(dumps({"vm": before})).inside["vm"]
    now = replace(before, files=(*before.files[1:], other))
    same = {file.path: (file.content, file.mode) for file in before.files} == {
        file.path: (file.content, file.mode) for file in now.files
    }
    if len({file.path for file in now.files}) == len(now.files):
        assert all(check.kept for check in insides.compared(checkpoint, now)) == same


SECRETS = (
    "network: {wifis: {wlan0: {access-points: {lan: {password: hunter22}}}}}\n",
    "network:\n  tunnels:\n    wg0:\n      key: hunter22\n",
    "network:\n  tunnels:\n    wg0:\n      keys: {private: hunter22}\n",
    "iface eth0 inet dhcp\n    up iw dev wlan0 connect lan key 0:hunter22\n",
    "# the password is hunter22\n",
    "iface wlan0 inet dhcp\n    wpa-psk hunter22\n",
)


@pytest.mark.parametrize("content", SECRETS)
def test_a_file_that_may_hold_a_secret_is_kept_as_its_digest_alone(content: str) -> None:
    before = insides.seen(content)
    text = dumps({"vm-01": before})
    assert b"hunter22" not in text
    checkpoint = loads(text).inside["vm-01"]
    assert all(check.kept for check in insides.compared(checkpoint, before))
    (odd,) = (
        c for c in insides.compared(checkpoint, insides.seen(f"{content}# more\n")) if not c.kept
    )
    assert odd.promised.startswith("sha256 ")
    assert "hunter22" not in odd.promised + odd.seen


def test_what_is_kept_can_be_read_by_people_and_has_a_bound() -> None:
    text = dumps({"vm-01": insides.seen()}).decode()
    assert "iface eth0 inet dhcp" in text
    large = InsideFile("/etc/network/interfaces.d/large", b"# x\n" * ROOM, 0o644)
    small = InsideFile("/etc/network/interfaces.d/small", b"auto eth1\n", 0o644)
    before = insides.seen(files=(large, small))
    checkpoint = dumps({"vm-01": before})
    assert len(checkpoint) < 2 * ROOM
    assert b"auto eth1" in checkpoint
    assert all(check.kept for check in insides.compared(loads(checkpoint).inside["vm-01"], before))


def cleared() -> Cleared:
    before = data.seen()
    return Cleared(data.plan(before), before, ())


def armed() -> fakes.FakeHost:
    host = fakes.standard_host()
    host.hold("/etc/libvirt/qemu/vm-01.xml", "<domain/>")
    arm(cleared(), fakes.PROBED, host, fakes.ORDER, {data.NAME: insides.seen()})
    return host


def checkpoint(host: fakes.FakeHost) -> Checkpoint:
    return read_checkpoint(host, PLACE)


def test_it_stands_on_the_host_for_root_alone_before_anything_is_armed() -> None:
    host = armed()
    assert host.files[PLACE.guests].mode == 0o600
    written = host.events.index(f"write {PLACE.guests}")
    assert written < next(n for n, e in enumerate(host.events) if e.startswith("run systemd-run"))
    assert written < host.events.index(f"link {layout.ARMED} -> {fakes.CHANGE}")
    found = checkpoint(host)
    assert found.guests_before.inside == {data.NAME: insides.seen()}
    assert found.damage == ()


def altered(**other: object) -> str:
    told: dict[str, Any] = json.loads(dumps({data.NAME: insides.seen()}))
    return json.dumps({**told, **other})


BAD = {
    "": "damaged",
    "{": "damaged",
    "[]": "its format is None",
    "{}": "its format is None",
    altered(format_version=2): "its format is 2, and this program knows 1",
    altered(guests={"vm-01": {}}): "damaged: guests.vm-01",
    altered(guests=7): "damaged",
    altered(more=1): "damaged",
    "\ufffd": "damaged",
    "[" * 100_000: "damaged",
}


@pytest.mark.parametrize("content", BAD, ids=range(len(BAD)))
def test_what_cannot_be_read_is_told_and_never_guessed(content: str) -> None:
    host = armed()
    host.hold(PLACE.guests, content)
    found = checkpoint(host)
    assert found.guests_before.inside == {}
    assert BAD[content] in found.guests_before.why
    assert found.damage == (found.guests_before.why,)
    assert found.guests_before.why.startswith(f"{PLACE.guests} is damaged")
    # All else is there: the undo does not need it.
    assert found.plan is not None


def test_one_that_is_gone_is_told_and_of_a_host_s_own_change_there_is_none() -> None:
    host = armed()
    del host.files[PLACE.guests]
    assert checkpoint(host).guests_before.why == f"{PLACE.guests} is missing"
    host = fakes.standard_host()
    fakes.armed(host)
    assert checkpoint(host).damage == ()
    assert checkpoint(host).guests_before.why == guests_before.NOT_KEPT


def test_with_the_plan_gone_the_guests_are_known_all_the_same() -> None:
    host = armed()
    host.hold(PLACE.plan, "{")
    assert list(checkpoint(host).guests_before.inside) == [data.NAME]


def test_an_error_quotes_nothing_of_what_it_could_not_read() -> None:
    with pytest.raises(ValueError, match="guests") as caught:
        loads(altered(guests={"vm-01": "hunter22"}).encode())
    assert "hunter22" not in str(caught.value)
