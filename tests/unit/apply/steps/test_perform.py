from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from contextlib import nullcontext

import pytest
from pyroute2.netlink.rtnl.marshal import MarshalRtnl
from pyroute2.netlink.rtnl.ndmsg import ndmsg
from tests.unit import fakes
from tests.unit.fakes import BRIDGE, IP, NIC, NIC_MAC
from tests.unit.processes import dhcpcd, holding, of_mallory, process

from runbook.apply.steps.ndp_bytes import unsolicited_advertisement
from runbook.apply.steps.perform import perform
from runbook.apply.steps.waits import HEAR_S
from runbook.common.errors import GateClosed, StepFailed
from runbook.plan.changes.aside import MoveAside, PutBack
from runbook.plan.changes.file_steps import (
    EditFile,
    LineEdit,
    MakeDir,
    RemoveDir,
    RemoveFile,
    Restore,
    WriteFile,
)
from runbook.plan.changes.guest_steps import AwaitPerson
from runbook.plan.changes.messages import Action, LinkMaster, Route
from runbook.plan.changes.processes import Kill, StartClient
from runbook.plan.changes.steps import (
    Announce,
    CarryNeighbours,
    Command,
    DropNetwork,
    Netlink,
    Step,
    Sysctl,
    Unless,
)
from runbook.plan.changes.waits import (
    AwaitAdmitted,
    AwaitCarrier,
    AwaitLinkLocal,
    AwaitRouter,
    Relearn,
)
from runbook.state import netlink
from runbook.transport.host import Completed
from runbook.transport.process import Process


@pytest.fixture
def host() -> fakes.FakeHost:
    return fakes.standard_host()


def refuses(host: fakes.FakeHost, program: str, said: bytes = b"") -> None:
    def answer(argv: Sequence[str]) -> Completed | None:
        return Completed(tuple(argv), 2, b"", said) if argv[0] == program else None

    host.answers.insert(0, answer)


@pytest.mark.parametrize(
    ("step", "written"),
    [
        (MakeDir("/etc/x"), "mkdir /etc/x 0755"),
        (RemoveFile("/var/lib/dhcp/a"), "remove /var/lib/dhcp/a"),
        (MoveAside("/var/lib/dhcp/a"), "move /var/lib/dhcp/a /var/lib/dhcp/a.runbook-aside"),
        (Command(("kill", "-KILL", "7")), "run kill -KILL 7"),
        (Sysctl("net.ipv4.ip_forward", "1"), "run sysctl -q -w net.ipv4.ip_forward=1"),
        (Netlink((LinkMaster(NIC, BRIDGE), LinkMaster(NIC, ""))), "netlink 2"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_step_is_one_write(host: fakes.FakeHost, step: Step, written: str) -> None:
    perform(step, host)
    assert host.events == [written]


CLIENT = ("/sbin/dhclient", "-4", "-lf", "/a b", NIC)


@pytest.mark.parametrize(
    "there",
    [
        (),
        (process("dhclient", pid=7),),
        (process(*CLIENT[:-1], pid=7),),
        (process(*CLIENT, "-v", pid=7),),
        (process(*CLIENT, pid=8),),
        (of_mallory(*CLIENT, pid=7),),
        (process(*CLIENT, pid=7, net=False),),
        (process(*CLIENT, pid=7, exe="/opt/dhclient"),),
    ],
    ids=["gone", "other", "less", "more", "number", "mallory's", "container's", "program"],
)
def test_a_process_that_took_over_the_number_of_a_client_is_left_alone(
    there: tuple[Process, ...],
) -> None:
    host = holding(*there)
    with pytest.raises(StepFailed, match="process 7 is not that client any more"):
        perform(Kill(7, CLIENT), host)
    assert host.events == []


def test_a_client_is_killed_by_its_number() -> None:
    host = holding(process(*CLIENT, pid=7))
    perform(Kill(7, CLIENT), host)
    assert host.events == ["run kill -KILL 7"]


def test_a_client_that_wrote_over_its_command_line_is_known_all_the_same() -> None:
    host = holding(*dhcpcd(pid=7))
    perform(Kill(7, (f"dhcpcd: {NIC} [ip4] [ip6]",)), host)
    assert host.events == ["run kill -KILL 7"]


def test_a_file_is_written_as_it_was_meant(host: fakes.FakeHost) -> None:
    perform(WriteFile("/etc/x", b"text\n", 0o640, 1, 2), host)
    (made,) = host.read_files(["/etc/x"])
    assert made is not None
    assert (made.content, made.mode, made.uid, made.gid) == (b"text\n", 0o640, 1, 2)


def test_an_edit_keeps_owner_and_mode(host: fakes.FakeHost) -> None:
    host.hold("/etc/x", "one\ntwo\n", mode=0o600)
    digest = hashlib.sha256(b"one\ntwo\n").hexdigest()
    perform(EditFile("/etc/x", digest, (LineEdit(2, 2, "zwei\n"),)), host)
    assert (host.text("/etc/x"), host.files["/etc/x"].mode) == ("one\nzwei\n", 0o600)


@pytest.mark.parametrize("content", [None, "one\ntwo\nthree\n"])
def test_a_file_that_changed_since_the_plan_is_not_edited(
    host: fakes.FakeHost, content: str | None
) -> None:
    if content is not None:
        host.hold("/etc/x", content)
    digest = hashlib.sha256(b"one\ntwo\n").hexdigest()
    with pytest.raises(StepFailed, match="not as it was when the plan was made"):
        perform(EditFile("/etc/x", digest, (LineEdit(1, 1, ""),)), host)
    assert host.events == []


def test_a_command_that_fails_says_what_it_said(host: fakes.FakeHost) -> None:
    refuses(host, "virsh", b"error: Network not found\n")
    with pytest.raises(StepFailed, match="exit status 2: error: Network not found"):
        perform(Command(("virsh", "net-start", "routed")), host)


def test_a_command_that_fails_in_silence_is_still_a_failure(host: fakes.FakeHost) -> None:
    refuses(host, "sysctl")
    with pytest.raises(StepFailed, match="it said nothing"):
        perform(Sysctl("net.ipv4.ip_forward", "1"), host)


def test_the_neighbours_are_told_with_the_interface_s_own_mac(host: fakes.FakeHost) -> None:
    perform(Announce(NIC, IP), host)
    assert {ifname for ifname, _ in host.frames} == {NIC}
    frame = host.frames[0][1]
    mac, ip = bytes.fromhex(NIC_MAC.replace(":", "")), bytes((172, 16, 1, 1))
    destination, source, kind = struct.unpack_from("!6s6sH", frame)
    assert (destination, source, kind) == (b"\xff" * 6, mac, 0x0806)
    sender_mac, sender, _, target = struct.unpack_from("!6s4s6s4s", frame, 22)
    # Gratuitous: who asks is who is asked for.
    assert (sender_mac, sender, target) == (mac, ip, ip)
    assert len(frame) >= 60


def test_an_interface_that_is_not_there_stops_the_step(host: fakes.FakeHost) -> None:
    for step in (Announce("eth9", IP), Netlink((LinkMaster("eth9", BRIDGE),))):
        with pytest.raises(StepFailed, match="no interface eth9"):
            perform(step, host)
    assert host.events == []


def test_for_an_ipv6_address_every_node_is_told(host: fakes.FakeHost) -> None:
    perform(Announce(NIC, fakes.IP6), host)
    mac = bytes.fromhex(NIC_MAC.replace(":", ""))
    assert {frame for _, frame in host.frames} == {unsolicited_advertisement(mac, fakes.IP6)}
    assert {ifname for ifname, _ in host.frames} == {NIC}


def neighbour(index: int, address: str, mac: str, state: int) -> bytes:
    message = ndmsg()
    message["family"] = 10 if ":" in address else 2
    message["ifindex"], message["state"] = index, state
    message["attrs"] = [("NDA_DST", address), *([("NDA_LLADDR", mac)] if mac else [])]
    message["header"]["type"] = 28
    message.encode()
    return bytes(message.data)


def test_only_the_neighbours_of_that_interface_whose_mac_is_known_are_carried(
    host: fakes.FakeHost,
) -> None:
    host.dumps[netlink.RTM_GETNEIGH] = (
        neighbour(2, "172.16.0.1", "02:00:00:00:ff:01", 0x02)
        + neighbour(2, "172.16.0.9", "", 0x20)
        + neighbour(9, "172.16.0.7", "02:00:00:00:ff:07", 0x02)
        + neighbour(2, "fe80::1", "02:00:00:00:ff:01", 0x02)
    )
    perform(CarryNeighbours(NIC, BRIDGE), host)
    perform(CarryNeighbours(NIC, BRIDGE, "inet6"), host)
    sent, six = (list(MarshalRtnl().parse(data)) for data in host.datagrams)
    assert [(m["ifindex"], m.get_attr("NDA_DST")) for m in sent] == [(7, "172.16.0.1")]
    assert sent[0].get_attr("NDA_LLADDR") == "02:00:00:00:ff:01"
    assert [(m["family"], m.get_attr("NDA_DST")) for m in six] == [(10, "fe80::1")]


def crowded(host: fakes.FakeHost) -> fakes.FakeHost:
    """The same, with more neighbours than are carried; the last alone was heard of just now."""
    crowd = (f"172.{16 + n // 65536}.{n // 256 % 256}.{n % 256}" for n in range(5000))
    stale = b"".join(neighbour(2, address, "02:00:00:00:ff:01", 0x04) for address in crowd)
    near = neighbour(2, "172.31.0.1", "02:00:00:00:ff:02", 0x02)
    host.dumps[netlink.RTM_GETNEIGH] = stale + near
    return host


def test_of_a_crowd_of_neighbours_those_that_answered_last_are_carried(
    host: fakes.FakeHost,
) -> None:
    perform(CarryNeighbours(NIC, BRIDGE), crowded(host))
    (datagram,) = host.datagrams
    sent = list(MarshalRtnl().parse(datagram))
    assert sent[0].get_attr("NDA_DST") == "172.31.0.1"
    assert len(sent) == 4096


@pytest.mark.parametrize(("error", "stops"), [(StepFailed, False), (GateClosed, True)])
def test_a_table_of_neighbours_without_room_fails_no_change(
    host: fakes.FakeHost, error: type[StepFailed], *, stops: bool
) -> None:
    host.fails["netlink 4096"] = error("ENOBUFS", host=host.name, state="", then="")
    with pytest.raises(error) if stops else nullcontext():
        perform(CarryNeighbours(NIC, BRIDGE), crowded(host))


def test_no_neighbours_are_no_datagram(host: fakes.FakeHost) -> None:
    perform(CarryNeighbours(NIC, BRIDGE), host)
    assert host.events == []


def carrier_after(polls: int, host: fakes.FakeHost) -> None:
    seen = iter([b""] * polls)

    def answer(argv: Sequence[str]) -> Completed | None:
        if argv[0] != "ip":
            return None
        return Completed(tuple(argv), 0, next(seen, b"7: virbr1: <UP> state UP"), b"")

    host.answers.insert(0, answer)


def test_a_carrier_is_waited_for(host: fakes.FakeHost) -> None:
    carrier_after(3, host)
    perform(AwaitCarrier(BRIDGE), host)
    assert sum(event.startswith("run sleep") for event in host.events) == 3


def test_a_carrier_that_never_comes_is_a_failure(host: fakes.FakeHost) -> None:
    carrier_after(10_000, host)
    with pytest.raises(StepFailed, match="no carrier after 5 s"):
        perform(AwaitCarrier(BRIDGE), host)


LEARNED = Route(Action.ENSURE, "::/0", BRIDGE, "fe80::1", metric=1024, protocol="ra")
OWN = b"default via fe80::1 proto ra metric 1024 expires 1798sec hoplimit 64 pref medium\n"
STAND_IN = OWN.replace(b"1024", b"1025")
LOCAL = b"7: virbr1    inet6 fe80::5054:ff:fe00:7/64 scope link \\       valid_lft forever\n"


def says(host: fakes.FakeHost, *answers: bytes) -> None:
    """What `ip` says, time after time; the last answer stays."""
    left = list(answers)

    def answer(argv: Sequence[str]) -> Completed | None:
        if argv[0] != "ip":
            return None
        return Completed(tuple(argv), 0, left.pop(0) if left[1:] else left[0], b"")

    host.answers.insert(0, answer)


def test_a_link_local_address_is_waited_for_until_it_may_be_used(host: fakes.FakeHost) -> None:
    says(host, b"", LOCAL.replace(b"link ", b"link tentative "), LOCAL)
    perform(AwaitLinkLocal(BRIDGE), host)
    assert sum(event.startswith("run sleep") for event in host.events) == 2


@pytest.mark.parametrize("stuck", [b"", LOCAL.replace(b"link ", b"link dadfailed tentative ")])
def test_without_a_link_local_address_the_step_fails(host: fakes.FakeHost, stuck: bytes) -> None:
    says(host, stuck)
    with pytest.raises(StepFailed, match="virbr1 has none after 10 s"):
        perform(AwaitLinkLocal(BRIDGE), host)


def test_a_router_is_waited_for_and_the_stand_in_not_taken_for_it(host: fakes.FakeHost) -> None:
    says(host, STAND_IN, STAND_IN, STAND_IN + OWN)
    perform(AwaitRouter(BRIDGE, (LEARNED,)), host)
    assert sum(event.startswith("run sleep") for event in host.events) == 2


@pytest.mark.parametrize("heard", [b"", STAND_IN, OWN.replace(b"fe80::1", b"fe80::2")])
def test_a_router_that_is_not_heard_fails_the_step(host: fakes.FakeHost, heard: bytes) -> None:
    says(host, heard)
    with pytest.raises(StepFailed, match="from fe80::1\nnone was heard in 20 s"):
        perform(AwaitRouter(BRIDGE, (LEARNED,)), host)


@pytest.mark.parametrize(
    "step",
    [
        Relearn(NIC, "::1", (LEARNED,)),
        Restore("/etc/x"),
        RemoveDir("/etc/x"),
        DropNetwork("routed", BRIDGE),
        Unless(("dhclient",), ("dhclient",)),
        PutBack("/var/lib/dhcp/a"),
        StartClient(NIC, ("dhclient", NIC)),
    ],
    ids=lambda step: type(step).__name__,
)
def test_a_step_of_the_undo_alone_is_never_made_from_here(host: fakes.FakeHost, step: Step) -> None:
    with pytest.raises(TypeError, match="belongs to an undo"):
        perform(step, host)
    assert host.events == []


def test_a_person_has_all_the_time_that_was_said(host: fakes.FakeHost) -> None:
    with pytest.raises(StepFailed, match="after 20 s"):
        perform(AwaitPerson("vm-01", NIC_MAC, "172.16.1.10", BRIDGE, 20.0), host)
    pauses = [float(event.split()[2]) for event in host.events if event.startswith("run sleep")]
    assert sum(pauses) + len(pauses) * HEAR_S == pytest.approx(20.0)


SECOND = "52:54:00:0a:0b:0c"


def test_a_switch_port_that_admits_known_macs_only_is_found_out_before_the_cutover(
    host: fakes.FakeHost,
) -> None:
    host.shut_out = (SECOND,)
    with pytest.raises(StepFailed) as caught:
        perform(AwaitAdmitted(NIC, SECOND, fakes.GATEWAY), host)
    assert f"does not admit the bridge's MAC {SECOND}" in caught.value.what
    assert "still on the NIC" in caught.value.state
    assert "bridge_mac: nic" in caught.value.then


def test_a_mac_that_is_answered_is_admitted(host: fakes.FakeHost) -> None:
    perform(AwaitAdmitted(NIC, SECOND, fakes.GATEWAY), host)
    assert host.events == [f"ask from {SECOND}"]


def test_a_router_that_answers_no_probe_at_all_proves_nothing(host: fakes.FakeHost) -> None:
    host.claims.clear()
    host.shut_out = (SECOND,)
    perform(AwaitAdmitted(NIC, SECOND, fakes.GATEWAY), host)
