"""What a revert takes back, what it keeps, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes, guest_data
from tests.unit.plan.revert.reverting import (
    BEFORE,
    EDITED,
    INTERFACES,
    PLAN,
    altered,
    file,
    later,
    plan,
    recorded,
)

from runbook.common import serial
from runbook.common.errors import Refused
from runbook.plan import plan as plans
from runbook.plan.changes.attach import AttachNetwork
from runbook.plan.changes.files import EditLines
from runbook.plan.changes.revert import RevertPart, RevertScript
from runbook.plan.promise.reverted import RevertPromise
from runbook.plan.revert import steps_again
from runbook.state.files import FileRow
from runbook.state.snapshot import Snapshot


def edits(now: Snapshot) -> list[EditLines]:
    return [change for change in plan(now).changes if isinstance(change, EditLines)]


@pytest.mark.parametrize(
    "interfaces",
    [
        # The lines of the change are gone, or are there twice.
        f"auto {fakes.NIC}\niface {fakes.NIC} inet dhcp\n",
        f"{EDITED}\nauto x\n{EDITED}",
        "",
    ],
)
def test_a_file_in_which_the_lines_of_the_change_are_not_found_is_refused(interfaces: str) -> None:
    with pytest.raises(Refused, match=INTERFACES) as raised:
        plan(later(interfaces))
    assert "nothing was written by this run" in str(raised.value)
    assert "put that file back by hand" in str(raised.value)


def test_a_change_of_guests_is_refused_with_what_to_do() -> None:
    of_guests = guest_data.plan(guest_data.seen())
    with pytest.raises(Refused, match=r"is about guests \(vm-01\)") as raised:
        plan(change=recorded(of_guests))
    said = str(raised.value)
    assert (
        f"at the host's console: sh /var/lib/runbook/{fakes.CHANGE}/undo moves their NICs" in said
    )
    assert "guests.json of the record" in said


def test_an_adopted_bridge_is_refused_with_the_way_that_is_left() -> None:
    promise = replace(PLAN.of_host, adopted="br0")
    with pytest.raises(Refused, match="adopted br0, and a revert that fails") as raised:
        plan(change=recorded(replace(PLAN, promise=promise)))
    said = str(raised.value)
    assert f"sh /var/lib/runbook/{fakes.CHANGE}/undo moves the address, the NIC and all" in said
    assert "It has no timer" in said
    assert "nothing was written by this run" in said


def test_a_revert_is_not_reverted() -> None:
    with pytest.raises(Refused, match="is itself a revert") as raised:
        plan(change=recorded(plan()))
    assert "make that change again with routed.ipynb" in str(raised.value)


def test_a_file_that_was_edited_since_keeps_that_edit() -> None:
    (edit,) = edits(later(f"# ours\n{EDITED}auto lo:9\n"))
    (step,) = edit.do()
    was = next(row.content for row in BEFORE.rows(FileRow) if row.path == INTERFACES)
    now = f"# ours\n{EDITED}auto lo:9\n".encode()
    assert step.applied_to(now).decode() == f"# ours\n{was}auto lo:9\n"  # type: ignore[union-attr] # an EditFile
    script = next(c for c in plan(later(f"{EDITED}# x\n")).changes if isinstance(c, RevertScript))
    assert script.text == f"the script without: {INTERFACES}"


def test_a_file_that_is_as_the_change_left_it_gets_its_original_back() -> None:
    assert edits(later()) == []
    files = next(c for c in plan().changes if isinstance(c, RevertPart) and c.part == "files")
    assert f"put back {INTERFACES}" in files.lines
    assert f"put back {INTERFACES}" in [step.describe() for step in files.undo()]


def test_an_edited_file_of_the_change_itself_is_named_for_its_copy() -> None:
    (hook, *others) = [file(f.path, f.text) for f in PLAN.of_host.files]
    mine = file(str(hook["path"]), f"{hook['content']}# mine\n")
    promise = plan(later(files=[mine, *others, file(INTERFACES, EDITED)])).of_revert
    assert promise.copied == (hook["path"],)


def test_what_was_altered_since_is_kept_and_verified() -> None:
    now = later(**altered("sysctl", {"name": "net.ipv4.conf.eth9.rp_filter", "value": "2"}))
    promise = plan(now).of_revert
    (kept,) = promise.kept
    assert (kept.table, kept.key, kept.cells) == (
        "sysctl",
        "net.ipv4.conf.eth9.rp_filter",
        "value=2",
    )
    assert promise.lost == ()
    gone = [c for c in promise.checks(BEFORE) if not c.kept]
    assert [check.about for check in gone] == ["sysctl: net.ipv4.conf.eth9.rp_filter"]


@pytest.mark.parametrize(
    ("table", "row", "required"),
    [
        ("sysctl", {"name": "net.ipv4.conf.veth7.rp_filter", "value": "2"}, False),
        ("sysctl", {"name": "net.bridge.bridge-nf-call-iptables", "value": "1"}, False),
        ("links", fakes.link("veth7", kind="veth"), False),
        ("routes", fakes.route("10.9.0.0/16", "docker0"), True),
    ],
)
def test_what_comes_and_goes_by_itself_fails_no_revert(
    table: str, row: dict[str, object], *, required: bool
) -> None:
    (kept,) = plan(later(**altered(table, row))).of_revert.kept
    assert kept.required is required


def test_what_a_boot_makes_anew_on_the_port_is_not_to_stay() -> None:
    name = f"net.ipv6.conf.{fakes.NIC}.accept_ra"
    own = fakes.address(fakes.NIC, "fe80::1/64", family="inet6", scope="link")
    change = replace(recorded(), after=later(addresses=[own]))
    assert (
        plan(later(**altered("sysctl", {"name": name, "value": "1"})), change).of_revert.kept == ()
    )


@pytest.mark.parametrize("active", [True, False])
def test_libvirt_s_chains_may_stay_for_a_network_that_came_since(*, active: bool) -> None:
    chain = fakes.rule("-A FORWARD -j LIBVIRT_FWI", 1)
    change = replace(recorded(), after=later(firewall=[chain]))
    other = {**fakes.network(PLAN.of_host), "name": "default", "bridge": "virbr0", "active": active}
    now = later(firewall=[chain], **altered("networks", other))
    (row,) = [row for row in plan(now, change).of_revert.rows if row.table == "firewall"]
    assert row.cells == ""
    assert row.required is not active


def test_what_was_added_on_the_bridge_is_lost_and_said() -> None:
    way = fakes.route("10.50.0.0/16", "virbr1", gateway="172.16.0.9")
    promise = plan(later(**altered("routes", way))).of_revert
    assert promise.kept == ()
    (lost,) = promise.lost
    assert "10.50.0.0/16" in lost
    assert "virbr1" in lost


def test_a_bridge_that_came_since_and_needs_forwarding_is_said() -> None:
    docker = fakes.link("docker0", kind="bridge", mac="02:42:00:00:00:01")
    promise = plan(later(**altered("links", docker))).of_revert
    assert promise.replaced == (
        "net.ipv4.ip_forward goes off, and docker0 came since and may need it",
    )
    assert ("links", "docker0") in [(row.table, row.key) for row in promise.kept]


def test_what_was_set_anew_is_overwritten_and_said() -> None:
    name, _ = PLAN.of_host.sysctls[0]
    values = [{"name": n, "value": "7" if n == name else v} for n, v in PLAN.of_host.sysctls]
    promise = plan(later(sysctl=values)).of_revert
    assert any(f"sysctl: {name} is value=7" in line for line in promise.replaced)


def test_the_promise_is_kept_by_the_state_before_and_not_by_the_state_after() -> None:
    promise = plan().of_revert
    assert all(check.kept for check in promise.checks(BEFORE))
    unkept = {check.about for check in promise.checks(later()) if not check.kept}
    assert any(about.startswith("addresses: ") for about in unkept)
    assert f"files: {INTERFACES}" in unkept


def test_the_undo_of_a_revert_makes_the_change_again_in_its_order() -> None:
    network = next(c for c in plan().changes if isinstance(c, RevertPart) and c.part == "network")
    told = "\n".join(step.describe() for step in network.undo())
    raised = told.index("virsh net-define")
    joins = told.index(f"ip link set dev {fakes.NIC} master virbr1")
    assert raised < joins < told.index("arping -U -I virbr1")
    assert "systemctl" not in told


def test_a_network_onto_a_bridge_that_stays_is_defined_again_though_the_address_never_moved() -> (
    None
):
    attach = AttachNetwork("lan", "br0", "<network/>")
    steps = steps_again.rest(replace(PLAN, changes=(attach,)), ())
    assert [step.describe() for step in steps] == [
        "virsh net-define /etc/libvirt/qemu/networks/lan.xml; virsh net-start lan"
    ]
    assert steps_again.network(replace(PLAN, changes=(attach,))) == ()


def test_a_plan_of_a_revert_is_read_back_as_it_was_written_and_is_the_same_each_time() -> None:
    made = plan()
    assert plans.loads(serial.dumps(made)) == made
    assert plan().digest == made.digest
    assert isinstance(made.promise, RevertPromise)
    with pytest.raises(TypeError):
        _ = replace(made, promise=PLAN.promise).of_revert
