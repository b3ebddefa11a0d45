"""The script itself, run by a shell in a folder that stands for the host."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.unit import fakes
from tests.unit.apply.checkpoint.sandbox import Sandbox

from runbook.apply.checkpoint import layout, undo_script
from runbook.apply.checkpoint.script import file_number, made_dirs, restored_paths
from runbook.plan.plan import Plan
from runbook.plan.routed.procedure import make_plan

LEASE = f"/var/lib/dhcp/dhclient.{fakes.NIC}.leases"
ARGV = ["/sbin/dhclient", "-4", fakes.NIC]
CLIENT = {"client": "dhclient", "pid": 7, "ifname": fakes.NIC, "lease_file": LEASE}
FORWARD = "/proc/sys/net/ipv4/ip_forward"
HOOK = "/etc/libvirt/hooks/network.d/50-runbook-routed"
INTERFACES = "/etc/network/interfaces"
EXPEDITED = "/sys/kernel/rcu_expedited"
ON_NIC = f"2: {fakes.NIC} inet {fakes.ADDRESS} brd 172.16.255.255"


@pytest.fixture
def plan() -> Plan:
    lent = [{**CLIENT, "argv": " ".join(ARGV)}]
    return make_plan(fakes.params(), fakes.seen(leases=lent))


@pytest.fixture
def sandbox(tmp_path: Path, plan: Plan) -> Sandbox:
    return half_made(tmp_path, plan)


def half_made(tmp_path: Path, plan: Plan) -> Sandbox:
    """The host in the middle of the change, all files of it written."""
    made = Sandbox(tmp_path, fakes.CHANGE)
    made.set_up(
        undo_script(
            plan, change_id=fakes.CHANGE, title="Armed by root@desk.", machine_id=fakes.MACHINE
        )
    )
    paths = restored_paths(plan)
    for path in paths:
        made.file(path, "changed\n")
        (made.folder / "originals" / f"{file_number(path, paths)}.absent").touch()
    for path, was in ((INTERFACES, fakes.INTERFACES), (LEASE, "lease {}\n")):
        if path not in paths:
            continue
        original = made.folder / "originals" / file_number(path, paths)
        original.write_text(was)
        original.chmod(0o640)
    hooks = made_dirs(plan).index("/etc/libvirt/hooks/network.d") + 1
    (made.folder / f"made/{hooks}-network.d").touch()
    made.file(FORWARD, "1\n")
    for unit in layout.UNIT_TEXTS:
        made.file(layout.unit_path(unit))
        made.file(layout.wants_path(unit))
    made.file("/etc/libvirt/qemu/networks/routed.xml")
    made.file("/etc/libvirt/qemu/networks/autostart/routed.xml")
    made.file("/proc/1/cmdline", "/sbin/init\0")
    # The script asks for the interface's folder before it speaks about it.
    (tmp_path / f"sys/class/net/{fakes.NIC}").mkdir(parents=True, exist_ok=True)
    (tmp_path / f"sys/class/net/{fakes.BRIDGE}").mkdir(parents=True)
    return made


def boot(sandbox: Sandbox) -> None:
    """What the kernel had is gone."""
    shutil.rmtree(sandbox.root / f"sys/class/net/{fakes.BRIDGE}")


def batches(sandbox: Sandbox) -> list[str]:
    return [run[-1] for run in sandbox.ran() if run[:3] == ["ip", "-force", "-batch"]]


def watching(sandbox: Sandbox) -> set[str]:
    units = (sandbox.root / "etc/systemd").rglob("runbook-*")
    return {str(path.relative_to(sandbox.root)) for path in units}


def names(sandbox: Sandbox) -> set[str]:
    return {run[0] for run in sandbox.ran()}


@pytest.mark.parametrize("why", [(), ("operator",), ("deadline",)])
def test_every_file_is_as_it_was(sandbox: Sandbox, why: tuple[str, ...]) -> None:
    assert sandbox.undo(*why) == 0
    interfaces = sandbox.root / INTERFACES[1:]
    assert interfaces.read_text() == fakes.INTERFACES
    assert interfaces.stat().st_mode & 0o777 == 0o640
    assert (sandbox.root / LEASE[1:]).read_text() == "lease {}\n"
    assert not (sandbox.root / HOOK[1:]).exists()
    assert not list((sandbox.root / "etc").rglob("*.runbook-undo"))
    assert (sandbox.root / FORWARD[1:]).read_text() == "0\n"


def test_a_folder_goes_only_if_the_change_made_it(sandbox: Sandbox) -> None:
    sandbox.undo()
    assert not (sandbox.root / "etc/libvirt/hooks/network.d").exists()
    assert (sandbox.root / "etc/sysctl.d").is_dir()


def test_a_folder_that_somebody_uses_by_now_stays(sandbox: Sandbox) -> None:
    sandbox.file("/etc/libvirt/hooks/network.d/99-theirs", "theirs")
    assert sandbox.undo() == 0
    assert (sandbox.root / "etc/libvirt/hooks/network.d/99-theirs").read_text() == "theirs"


def test_the_operator_is_brought_back_before_anything_else(sandbox: Sandbox) -> None:
    sandbox.undo()
    first = batches(sandbox)[0]
    lines = first.splitlines()
    assert lines[0].startswith(f"address replace {fakes.ADDRESS} dev {fakes.NIC}")
    assert lines[-1] == f"link set dev {fakes.NIC} nomaster"
    ran = sandbox.ran()
    batch = next(n for n, run in enumerate(ran) if run[1:2] == ["-force"])
    assert "virsh" not in " ".join(word for run in ran[:batch] for word in run)


@pytest.mark.parametrize(
    ("was", "left", "afterwards"),
    [("0", (), "0"), ("1", (), "1"), ("1", ("hurries",), "0")],
    ids=["as usual", "set by somebody", "left by an undo that was broken off"],
)
def test_the_kernel_hurries_while_the_nic_leaves_the_bridge_and_then_no_more(
    sandbox: Sandbox, was: str, left: tuple[str, ...], afterwards: str
) -> None:
    expedited = sandbox.file(EXPEDITED, f"{was}\n")
    for name in left:
        (sandbox.folder / name).touch()
    ip = sandbox.root / "programs/ip"
    seen = sandbox.root / "seen"
    ip.write_text(ip.read_text().replace("exit 0", f"cat {expedited} >>{seen}; exit 0"))
    assert sandbox.undo("deadline") == 0
    assert "1" in seen.read_text().split()
    assert expedited.read_text().strip() == afterwards
    assert not (sandbox.folder / "hurries").exists()


def test_a_kernel_that_cannot_hurry_is_no_matter(sandbox: Sandbox) -> None:
    assert sandbox.undo("deadline") == 0
    assert not (sandbox.root / EXPEDITED[1:]).exists()


def test_a_nic_that_a_bond_does_not_use_is_quiet_while_ipv6_forwarding_ends(
    tmp_path: Path,
) -> None:
    bond = fakes.link("bond0", kind="bond", bond_mode="active-backup")
    made = half_made(tmp_path, make_plan(fakes.params(), fakes.seen(**fakes.more("links", bond))))
    made.file("/sys/class/net/bond0/bonding/slaves", "eno1 eno2\n")
    made.file("/sys/class/net/bond0/bonding/active_slave", "eno1\n")
    forwarding = made.file("/proc/sys/net/ipv6/conf/all/forwarding", "1\n")
    ip, then = tmp_path / "programs/ip", tmp_path / "then"
    note = f'case $* in *multicast*) echo "$*" "$(cat {forwarding})" >>{then} ;; esac; exit 0'
    ip.write_text(ip.read_text().replace("exit 0", note))
    assert made.undo("deadline") == 0
    set_ = "link set dev {} multicast {} {}"
    assert then.read_text().splitlines() == [
        set_.format("eno2", "off", 1),
        set_.format("eno1", "on", 0),
        set_.format("eno2", "on", 0),
    ]


HANDED = ["timeout", "5", "nft", "-f", "-"]
HANDED_NO_MORE = ["timeout", "5", "nft", "delete", "table", "netdev", "rbcarrier"]


def in_the_bridge(sandbox: Sandbox, state: str = "3") -> None:
    """The NIC is its port, and the pair of veth will be one in this state."""
    links = sandbox.root / "sys/class/net"
    (links / fakes.BRIDGE / "bridge").mkdir()
    (links / fakes.BRIDGE / "address").write_text("02:00:00:00:00:99\n")
    (links / fakes.NIC / "mtu").write_text("1500\n")
    (links / fakes.NIC / "master").symlink_to(f"../{fakes.BRIDGE}")
    sandbox.file("/sys/class/net/rbcarrier0/brport/state", f"{state}\n")


def test_what_comes_in_while_the_nic_leaves_the_bridge_goes_by_another_port(
    sandbox: Sandbox,
) -> None:
    in_the_bridge(sandbox)
    (sandbox.root / "programs/nft").symlink_to("sync")
    sandbox.undo("deadline")
    ran = sandbox.ran()
    handed, no_more = ran.index(HANDED), ran.index(HANDED_NO_MORE)
    leaves = next(n for n, run in enumerate(ran) if "nomaster" in run[-1])
    pair_goes = next(n for n, run in enumerate(ran) if run[1:3] == ["link", "delete"])
    bridge_goes = next(n for n, run in enumerate(ran) if "address del" in run[-1])
    # With the pair gone, the rule would drop what comes in; with the address gone, rp_filter might.
    assert handed < leaves < no_more < min(pair_goes, bridge_goes)


@pytest.mark.parametrize(
    ("there", "state"), [((), "3"), (("nft",), "1")], ids=["no nft", "the pair does not forward"]
)
def test_where_the_other_port_would_not_do_nothing_is_handed_to_it(
    sandbox: Sandbox, there: tuple[str, ...], state: str
) -> None:
    in_the_bridge(sandbox, state)
    for name in there:
        (sandbox.root / "programs" / name).symlink_to("sync")
    sandbox.undo("deadline")
    assert HANDED not in sandbox.ran()
    assert any("nomaster" in run[-1] for run in sandbox.ran())


def test_it_says_that_it_is_done_and_takes_the_lock_away(sandbox: Sandbox) -> None:
    assert sandbox.undo("operator") == 0
    assert "undo (operator): begins" in sandbox.journal
    assert "undo (operator): finished: the host is as it was" in sandbox.journal
    assert not sandbox.armed.is_symlink()
    assert not (sandbox.folder / "open").exists()
    assert watching(sandbox) == set()
    countdown = f"runbook-deadline-{fakes.CHANGE}-*.timer"
    assert ["timeout", "10", "systemctl", "stop", countdown] in sandbox.ran()


def test_a_second_time_is_harmless(sandbox: Sandbox) -> None:
    assert (sandbox.undo(), sandbox.undo()) == (0, 0)
    assert (sandbox.root / INTERFACES[1:]).read_text() == fakes.INTERFACES


@pytest.mark.parametrize("why", ["operator", "deadline", "boot", "announce"])
def test_a_change_that_was_confirmed_is_left_alone(sandbox: Sandbox, why: str) -> None:
    sandbox.armed.unlink()
    assert sandbox.undo(why) == 0
    assert sandbox.ran() == []
    assert (sandbox.root / INTERFACES[1:]).read_text() == "changed\n"
    assert "nothing to do" in sandbox.journal
    # What its program had no time to tidy away.
    assert watching(sandbox) == set()
    assert not (sandbox.folder / "open").exists()
    assert not (sandbox.folder / "ballast").exists()


@pytest.mark.parametrize("why", [(), ("operator",), ("deadline",)])
def test_while_a_later_change_is_in_progress_an_earlier_one_is_not_undone(
    sandbox: Sandbox, why: tuple[str, ...]
) -> None:
    sandbox.armed.unlink()
    sandbox.armed.symlink_to("20260302T120000Z-ffffff")
    assert sandbox.undo(*why) == (0 if why else 1)
    assert (sandbox.root / INTERFACES[1:]).read_text() == "changed\n"
    assert ("another change is in progress" in sandbox.journal) == (why == ())
    assert sandbox.ran() == []
    assert sandbox.armed.is_symlink()
    assert len(watching(sandbox)) == 4


def test_a_person_at_the_console_may_undo_what_has_ended(sandbox: Sandbox) -> None:
    sandbox.armed.unlink()
    assert sandbox.undo() == 0
    assert (sandbox.root / INTERFACES[1:]).read_text() == fakes.INTERFACES


@pytest.mark.parametrize(
    ("addresses", "routes", "said"),
    [
        ("", "default", f"{fakes.ADDRESS} is on {fakes.NIC}"),
        (f"inet {fakes.ADDRESS}", "", f"the route default dev {fakes.NIC} is there"),
        (f"inet {fakes.ADDRESS}1", "default", f"{fakes.ADDRESS} is on {fakes.NIC}"),
    ],
    ids=["no address", "no route", "another address"],
)
def test_a_network_that_does_not_come_back_is_tried_again_and_not_called_as_before(
    sandbox: Sandbox, addresses: str, routes: str, said: str
) -> None:
    sandbox.shows(addresses, routes)
    assert sandbox.undo("deadline") == 1
    assert f"not as before: {said}" in sandbox.journal
    assert "finished, but something above could not be put back" in sandbox.journal
    assert sandbox.journal.count("putting the network back once more") == 3
    assert sandbox.armed.is_symlink()
    # All else is done nevertheless, and the next boot will try again.
    assert (sandbox.root / INTERFACES[1:]).read_text() == fakes.INTERFACES
    assert len(watching(sandbox)) == 4


def test_a_nic_that_stays_in_the_bridge_is_told(sandbox: Sandbox) -> None:
    sandbox.file(f"/sys/class/net/{fakes.NIC}/master")
    assert sandbox.undo() == 1
    assert f"not as before: {fakes.NIC} is in no bridge" in sandbox.journal


def test_a_bridge_that_does_not_go_away_is_told(sandbox: Sandbox) -> None:
    ip = sandbox.root / "programs/ip"
    ip.write_text(ip.read_text().replace('"link delete dev "*)', "never)"))
    assert sandbox.undo() == 1
    assert f"not as before: there is no {fakes.BRIDGE}" in sandbox.journal


def test_a_kernel_parameter_that_keeps_its_value_is_told(sandbox: Sandbox) -> None:
    (sandbox.root / FORWARD[1:]).unlink()
    (sandbox.root / FORWARD[1:]).mkdir()
    assert sandbox.undo() == 1
    assert "not as before: net.ipv4.ip_forward = 0" in sandbox.journal


def test_who_loses_the_bridge_is_told(sandbox: Sandbox) -> None:
    sandbox.file(f"/sys/class/net/{fakes.BRIDGE}/brif/vnet7")
    assert sandbox.undo() == 0
    assert f"vnet7 leaves {fakes.BRIDGE}, which goes away" in sandbox.journal


def test_a_file_whose_original_is_gone_is_left_and_told(sandbox: Sandbox) -> None:
    for kept in (sandbox.folder / "originals").glob("*-interfaces*"):
        kept.unlink()
    assert sandbox.undo() == 1
    assert (sandbox.root / INTERFACES[1:]).read_text() == "changed\n"
    assert f"the original of {sandbox.root}{INTERFACES} is gone" in sandbox.journal
    assert sandbox.armed.is_symlink()


def test_a_linked_file_stays_a_link_and_the_file_behind_it_is_as_it_was(sandbox: Sandbox) -> None:
    link = sandbox.root / INTERFACES[1:]
    behind = sandbox.file("/etc/network/behind", "changed\n")
    link.unlink()
    link.symlink_to("behind")
    assert sandbox.undo() == 0
    assert link.is_symlink()
    assert behind.read_text() == fakes.INTERFACES


@pytest.mark.parametrize("name", ["lock", "undo.lock"])
def test_a_lock_that_cannot_be_opened_does_not_stop_an_undo(sandbox: Sandbox, name: str) -> None:
    (sandbox.folder / name).unlink()
    (sandbox.folder / name).mkdir()
    assert sandbox.undo("deadline") == 0
    assert (sandbox.root / INTERFACES[1:]).read_text() == fakes.INTERFACES
    assert "the lock cannot be opened" in sandbox.journal


def test_a_second_undo_waits_for_the_first_and_finds_it_done(sandbox: Sandbox) -> None:
    with (sandbox.folder / "undo.lock").open("a") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        second = sandbox.start("operator")
        while "open" in {path.name for path in sandbox.folder.iterdir()}:
            assert second.poll() is None
        # The first ends, and another change begins.
        sandbox.armed.unlink()
        sandbox.armed.symlink_to("20260302T120000Z-ffffff")
    assert second.wait(30) == 0
    assert batches(sandbox) == []
    assert "nothing to do" in sandbox.journal
    assert sandbox.armed.is_symlink()


def test_at_boot_only_files_are_put_back_and_the_rest_is_left_to_the_boot(
    sandbox: Sandbox,
) -> None:
    assert sandbox.undo("boot") == 0
    assert (sandbox.root / INTERFACES[1:]).read_text() == fakes.INTERFACES
    assert not (sandbox.root / "etc/libvirt/qemu/networks/routed.xml").exists()
    assert not (sandbox.root / "etc/libvirt/qemu/networks/autostart/routed.xml").exists()
    assert names(sandbox) <= {"sync"}
    # Still armed, for the second half.
    assert sandbox.armed.is_symlink()
    assert len(watching(sandbox)) == 4
    boot(sandbox)
    assert sandbox.undo("announce") == 0
    assert batches(sandbox) == []
    assert not sandbox.armed.is_symlink()
    assert watching(sandbox) == set()


def test_a_network_that_did_not_come_up_at_boot_is_put_back_after_it(tmp_path: Path) -> None:
    static = make_plan(fakes.params(), fakes.seen())
    sandbox = half_made(tmp_path, static)
    sandbox.undo("boot")
    boot(sandbox)
    sandbox.shows("", "")
    assert sandbox.undo("announce") == 1
    assert fakes.ADDRESS in batches(sandbox)[0]
    assert sandbox.armed.is_symlink()


def test_a_lease_that_has_not_come_yet_at_boot_is_the_client_s_business(sandbox: Sandbox) -> None:
    sandbox.undo("boot")
    boot(sandbox)
    sandbox.shows("", "")
    assert sandbox.undo("announce") == 0
    assert batches(sandbox) == []


def test_files_that_did_not_come_back_before_the_network_came_up_are_put_back_after_it(
    sandbox: Sandbox,
) -> None:
    shutil.rmtree(sandbox.root / "var/lib/dhcp")
    assert sandbox.undo("boot") == 0
    (sandbox.root / "var/lib/dhcp").mkdir()
    assert sandbox.undo("announce") == 0
    assert (sandbox.root / LEASE[1:]).read_text() == "lease {}\n"
    assert batches(sandbox)
    assert not sandbox.armed.is_symlink()


def test_what_could_not_be_put_back_at_boot_is_not_forgotten_afterwards(sandbox: Sandbox) -> None:
    shutil.rmtree(sandbox.root / "var/lib/dhcp")
    sandbox.undo("boot")
    assert sandbox.undo("announce") == 1
    assert "could not be put back" in sandbox.journal
    assert sandbox.armed.is_symlink()


def test_an_address_that_a_client_without_an_answer_takes_away_is_put_back_after_it(
    sandbox: Sandbox,
) -> None:
    shown = sandbox.root / "shown/addresses"
    shutil.copy(shown, shown.with_name("all"))
    with (sandbox.root / "programs/dhclient").open("a") as client:
        client.write(f": >{shown}\n")
    ip = sandbox.root / "programs/ip"
    again = f"if [ \"$*\" = '-force -batch -' ]; then cp {shown.with_name('all')} {shown}; fi\n"
    ip.write_text(ip.read_text().replace('case "$*"', f'{again}case "$*"', 1))
    assert sandbox.undo("deadline") == 0
    words = [run[0] if run[0] == "dhclient" else run[-1] for run in sandbox.ran()]
    after = words[words.index("dhclient") + 1 :]
    assert any(word.startswith(f"address replace {fakes.ADDRESS}") for word in after)
    assert "putting it back once more" in sandbox.journal


def test_a_file_that_cannot_be_put_back_is_told_and_keeps_the_lock(sandbox: Sandbox) -> None:
    (sandbox.root / LEASE[1:]).unlink()
    (sandbox.root / "var/lib/dhcp").rmdir()
    assert sandbox.undo() == 1
    assert "cannot put back" in sandbox.journal
    assert sandbox.armed.is_symlink()
    # All else is done nevertheless.
    assert (sandbox.root / INTERFACES[1:]).read_text() == fakes.INTERFACES
    assert batches(sandbox)


def test_a_file_that_is_as_it_was_is_not_written(sandbox: Sandbox) -> None:
    path = sandbox.file(INTERFACES, fakes.INTERFACES)
    path.chmod(0o640)
    was = path.stat()
    # Nobody could replace it: it may be immutable by now.
    failing(sandbox, "mv")
    (sandbox.root / LEASE[1:]).write_text("lease {}\n")
    (sandbox.root / LEASE[1:]).chmod(0o640)
    assert sandbox.undo("deadline") == 0
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (was.st_ino, was.st_mtime_ns)
    assert not sandbox.armed.is_symlink()


def test_a_mode_that_is_not_as_it_was_is_put_back(sandbox: Sandbox) -> None:
    path = sandbox.file(INTERFACES, fakes.INTERFACES)
    path.chmod(0o600)
    assert sandbox.undo() == 0
    assert path.stat().st_mode & 0o777 == 0o640


def test_an_undo_that_fails_leaves_no_copy_for_ifupdown_to_read(sandbox: Sandbox) -> None:
    failing(sandbox, "mv")
    assert sandbox.undo() == 1
    assert not list(sandbox.root.rglob("*.runbook-undo"))
    assert f"cannot put back {sandbox.root}{INTERFACES}" in sandbox.journal
    assert "chattr" in sandbox.journal


def failing(sandbox: Sandbox, name: str) -> None:
    """The program fails, whatever it is asked for."""
    (sandbox.root / "programs" / name).unlink()
    (sandbox.root / "programs" / name).write_text("#!/bin/sh\nexit 1\n")
    (sandbox.root / "programs" / name).chmod(0o755)


HOSTS_OWN = {
    "cmdline": f"/sbin/dhclient\0-4\0{fakes.NIC}\0",
    "status": "Name:\tdhclient\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n",
    "exe": "/usr/sbin/dhclient",
    "ns/net": "net:[1]",
}


def process(sandbox: Sandbox, pid: int, **facts: str) -> None:
    """A process of the host, and the first one, whose network the host's own are in."""
    sandbox.file("/proc/1/ns/x")
    first = sandbox.root / "proc/1/ns/net"
    first.unlink(missing_ok=True)
    first.symlink_to("net:[1]")
    for name, value in {**HOSTS_OWN, **facts}.items():
        if name in ("exe", "ns/net"):
            sandbox.file(f"/proc/{pid}/{name}.folder")
            (sandbox.root / f"proc/{pid}/{name}").symlink_to(value)
        else:
            sandbox.file(f"/proc/{pid}/{name}", value)


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"exe": "/sbin/dhclient"},
        {"exe": "/usr/sbin/dhclient (deleted)"},
        {"cmdline": f"anything\0-lf\0/x\0{fakes.NIC}\0"},
    ],
    ids=["as it was", "no merged /usr", "upgraded", "other options"],
)
def test_the_host_s_own_client_that_runs_already_is_not_started_again(
    sandbox: Sandbox, facts: dict[str, str]
) -> None:
    process(sandbox, 4711, **facts)
    sandbox.undo()
    assert "dhclient" not in names(sandbox)


@pytest.mark.parametrize(
    "facts",
    [
        {"status": "Name:\tdhclient\nUid:\t1000\t1000\t1000\t1000\n"},
        {"status": "Name:\tdhclient\nUid:\t1000\t0\t0\t0\n"},
        {"exe": "/home/mallory/dhclient"},
        {"exe": "/usr/bin/perl"},
        {"ns/net": "net:[2]"},
        {"cmdline": "/sbin/dhclient\0-4\0eth9\0"},
        {"cmdline": f"/sbin/dhclient\0-4\0{fakes.NIC}.7\0"},
        {"cmdline": f"/sbin/dhclient\0-6\0{fakes.NIC}\0"},
    ],
    ids=["user", "setuid", "path", "program", "container", "NIC", "VLAN", "IPv6"],
)
def test_a_process_of_the_same_words_does_not_keep_the_client_from_being_started(
    sandbox: Sandbox, facts: dict[str, str]
) -> None:
    process(sandbox, 4711, **facts)
    sandbox.undo()
    assert ["dhclient", "-v", "-4", fakes.NIC] in sandbox.ran()


def test_a_lease_that_was_moved_aside_comes_back_as_it_was_moved(sandbox: Sandbox) -> None:
    lease = sandbox.root / LEASE[1:]
    lease.rename(f"{lease}.runbook-aside")
    assert sandbox.undo() == 0
    assert lease.read_text() == "changed\n", "the one that was moved, not the earlier copy"
    assert not lease.with_name(f"{lease.name}.runbook-aside").exists()


def test_a_lease_moved_aside_by_an_earlier_change_does_not_replace_this_one_s(
    sandbox: Sandbox,
) -> None:
    older = sandbox.file(f"{LEASE}.runbook-aside", "of last year\n")
    assert sandbox.undo() == 0
    assert (sandbox.root / LEASE[1:]).read_text() == "lease {}\n"
    assert older.read_text() == "of last year\n"


def test_a_libvirt_that_hangs_is_killed_and_the_network_is_removed_by_hand(
    sandbox: Sandbox,
) -> None:
    hangs = sandbox.root / "programs/timeout"
    hangs.write_text(hangs.read_text() + "exit 124\n")
    assert sandbox.undo() == 0
    ran = sandbox.ran()
    # Guests may run in its unit: where systemd-machined does not work, they do.
    killed = [words for words in ran if words[:2] == ["systemctl", "kill"]]
    assert killed
    assert all("--kill-who=main" in words for words in killed)
    assert ["ip", "link", "delete", "dev", fakes.BRIDGE] in ran
    assert not (sandbox.root / "etc/libvirt/qemu/networks/routed.xml").exists()
    assert "libvirt still does not answer" in sandbox.journal


def test_a_libvirt_that_a_restart_did_not_help_is_restarted_no_more(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    for name, body in (("timeout", "exit 124"), ("systemctl", f'echo "$@" >>{ran}')):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
    head = Path(layout.__file__).with_name("undo_head.sh").read_text()
    functions = re.search(r"^libvirt\(\) .*?^}$", head, re.MULTILINE | re.DOTALL)
    assert functions
    script = f"say() {{ :; }}\n{functions[0]}\nfor n in 1 2 3; do wake_libvirt && echo awake; done"
    done = subprocess.run(
        ["sh", "-eu", "-c", f"set +e\n{script}"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("", "")
    killed = [line for line in ran.read_text().splitlines() if line.startswith("kill ")]
    assert len(killed) == len(("libvirtd", "virtnetworkd"))


@pytest.mark.parametrize("armed", [True, False])
def test_what_a_power_cut_left_of_a_confirmed_change_is_tidied_away_at_the_next_boot(
    sandbox: Sandbox, *, armed: bool
) -> None:
    if not armed:
        sandbox.armed.unlink()
    (start,) = re.findall(r"ExecStart=/bin/sh -c '(.*)'", layout.UNIT_TEXTS[layout.LATE])
    # The undo itself is another test's business.
    (sandbox.folder / "undo").write_text("exit 7\n")
    at = sandbox.moved(start).replace("/var/lib/runbook", str(sandbox.root / "runbook"))
    assert subprocess.run(["sh", "-c", at], check=False).returncode == (7 if armed else 0)
    assert (watching(sandbox) == set()) == (not armed)
    assert (sandbox.folder / "ballast").exists() == armed
    assert (sandbox.folder / "open").exists() == armed


@pytest.mark.parametrize("tables", [fakes.static6(), fakes.slaac()], ids=["static", "slaac"])
def test_an_ipv6_address_that_is_not_back_is_no_undo(
    tmp_path: Path, tables: dict[str, list[fakes.Row]]
) -> None:
    plan = make_plan(fakes.params(), fakes.seen(**tables))
    made = half_made(tmp_path, plan)
    assert made.undo() == 1
    assert f"not as before: {plan.of_host.announced[1]}/64 is on {fakes.NIC}" in made.journal


def test_after_a_boot_a_router_may_not_have_spoken_yet(tmp_path: Path) -> None:
    made = half_made(tmp_path, make_plan(fakes.params(), fakes.seen(**fakes.slaac())))
    assert made.undo("boot") == 0
    boot(made)
    assert made.undo("announce") == 0
    assert "not as before" not in made.journal
    assert batches(made) == []


def test_after_a_boot_a_static_ipv6_address_is_looked_for(tmp_path: Path) -> None:
    made = half_made(tmp_path, make_plan(fakes.params(), fakes.seen(**fakes.static6())))
    made.undo("boot")
    boot(made)
    made.undo("announce")
    assert f"not as before: {fakes.IP6}/64 is on {fakes.NIC}" in made.journal
    assert f"address replace {fakes.IP6}/64 dev {fakes.NIC}" in batches(made)[0]


@pytest.mark.parametrize("heard", [True, False])
def test_the_stand_in_of_a_learned_route_goes_once_the_router_has_spoken(
    tmp_path: Path, *, heard: bool
) -> None:
    made = half_made(tmp_path, make_plan(fakes.params(), fakes.seen(**fakes.slaac())))
    made.shows(f"{ON_NIC} 2: inet6 {fakes.SLAAC6}/64 scope global", "default")
    says = tmp_path / "programs/grep"
    # It is a link to the machine's own, which is not to be written to.
    says.unlink()
    says.write_text(f"#!/bin/sh\ncat >/dev/null\nexit {0 if heard else 1}\n")
    says.chmod(0o755)
    (tmp_path / "programs/sleep").symlink_to("sync")
    assert made.undo() == 0
    ran = [" ".join(words) for words in made.ran()]
    gone = f"ip -6 route del default via {fakes.ROUTER_LINK_LOCAL} dev {fakes.NIC} metric 1025"
    assert (gone in ran) == heard
    # Three times in ten seconds it is asked for.
    asked = [line for line in ran if line == f"ip token set {fakes.TOKEN} dev {fakes.NIC}"]
    assert len(asked) == (0 if heard else 3)
    assert ("no router advertisement from fe80::1 yet" in made.journal) == (not heard)


def words_of(argv: list[str]) -> tuple[int, str]:
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stderr


def test_a_copy_of_it_in_another_directory_does_nothing_and_names_the_right_one(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    record = tmp_path / "record"
    record.mkdir()
    copy = Path(shutil.copy(sandbox.folder / "undo", record))
    status, words = words_of(["/bin/sh", str(copy)])
    assert status == 1
    assert "Nothing was done." in words
    assert f"type: sh {sandbox.folder}/undo" in words
    assert sandbox.ran() == []
    assert [path.name for path in record.iterdir()] == ["undo"]
    assert (sandbox.root / INTERFACES.lstrip("/")).read_text() == "changed\n"


@pytest.mark.parametrize("why", ["", "deadline", "boot"])
def test_on_another_machine_that_got_the_directory_it_does_nothing(
    sandbox: Sandbox, why: str
) -> None:
    sandbox.file("/etc/machine-id", "b" * 32 + "\n")
    status, words = words_of(["/bin/sh", str(sandbox.folder / "undo"), *why.split()])
    assert status == 1
    assert f"This is machine {'b' * 32}" in words
    assert sandbox.ran() == []
    assert sandbox.armed.is_symlink()


def test_on_its_own_machine_it_runs(sandbox: Sandbox) -> None:
    sandbox.file("/etc/machine-id", fakes.MACHINE + "\n")
    assert sandbox.undo("deadline") == 0


def test_what_was_written_since_the_change_ended_is_named_and_kept(sandbox: Sandbox) -> None:
    sandbox.armed.unlink()
    sandbox.file(INTERFACES, "what somebody wrote by hand\n")
    assert sandbox.undo() == 0
    (kept,) = sandbox.folder.glob("replaced-*/*-interfaces")
    assert kept.read_text() == "what somebody wrote by hand\n"
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    assert f"replaces {sandbox.root}{INTERFACES}: as it is now it is kept" in sandbox.journal
    assert (sandbox.root / INTERFACES.lstrip("/")).read_text() == fakes.INTERFACES


def test_while_the_change_is_armed_nothing_is_kept_beside_its_originals(sandbox: Sandbox) -> None:
    assert sandbox.undo() == 0
    assert list(sandbox.folder.glob("replaced-*")) == []


def test_a_card_that_has_another_name_by_now_is_named_before_the_bridge_is_touched(
    sandbox: Sandbox,
) -> None:
    net = sandbox.root / "sys/class/net"
    (net / fakes.NIC).rename(net / "enp3s0f0")
    # The bridge has the MAC of its port, and is no card.
    sandbox.file("sys/class/net/virbr1/address", f"{fakes.NIC_MAC}\n")
    sandbox.file("sys/class/net/virbr1/bridge/stp_state", "1\n")
    assert sandbox.undo() == 1
    assert f"there is no interface {fakes.NIC}: its card" in sandbox.journal
    for typed in ("ip link set dev enp3s0f0 down", f"enp3s0f0 name {fakes.NIC}", "/undo"):
        assert typed in sandbox.journal
    assert "could not be put back" in sandbox.journal
    assert (net / "virbr1").exists()
    assert not [argv for argv in sandbox.ran() if argv[0] == "virsh"]

    (net / "enp3s0f0").rename(net / fakes.NIC)
    assert sandbox.undo() == 0
    assert ["ip", "link", "set", "dev", fakes.NIC, "up"] in sandbox.ran()


def test_a_card_that_is_gone_is_named_and_the_undo_goes_on(sandbox: Sandbox) -> None:
    shutil.rmtree(sandbox.root / f"sys/class/net/{fakes.NIC}")
    # One end of the pair that frames were handed to; it is no card.
    sandbox.file("/sys/class/net/rbcarrier0/address", f"{fakes.NIC_MAC}\n")
    assert sandbox.undo("deadline") == 1
    assert f"no card has its MAC {fakes.NIC_MAC}" in sandbox.journal
    assert sandbox.journal.count("there is no interface") == 1


def test_what_an_ended_change_overwrites_and_takes_away_is_said_before_anything_is_undone(
    sandbox: Sandbox,
) -> None:
    sandbox.armed.unlink()
    sandbox.file(FORWARD, "7\n")
    sandbox.file(f"/sys/class/net/{fakes.BRIDGE}/brif/vnet0/state")
    sandbox.shows(ON_NIC, "default via 172.16.0.1\n10.50.0.0/16 via 172.16.0.9\n")
    assert sandbox.undo() == 0
    first, begins, _ = sandbox.journal.partition(": begins")
    assert begins
    for said in (
        f"runbook revert server-01 {fakes.CHANGE}",
        "overwrites net.ipv4.ip_forward: it is 7, and becomes 0",
        f"vnet0 is a port of {fakes.BRIDGE}, which goes away",
        f"goes away with {fakes.BRIDGE}: route 10.50.0.0/16 via 172.16.0.9",
        f"replaces {sandbox.root}{INTERFACES}",
    ):
        assert said in first
    # What the undo puts back itself is not lost.
    assert "route default" not in first


@pytest.mark.parametrize(("answer", "undone"), [("yes", True), ("no", False), ("", False)])
def test_at_a_terminal_a_person_can_still_say_no(
    sandbox: Sandbox, answer: str, *, undone: bool
) -> None:
    sandbox.armed.unlink()
    ours, theirs = pty.openpty()
    argv = ["/bin/sh", str(sandbox.folder / "undo")]
    with subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL) as run:
        os.close(theirs)
        os.write(ours, f"{answer}\n".encode())
        status = run.wait(60)
    os.close(ours)
    assert (status == 0) is undone
    text = (sandbox.root / INTERFACES[1:]).read_text()
    assert text == (fakes.INTERFACES if undone else "changed\n")
    assert (": begins" in sandbox.journal) is undone
    acted = [argv for argv in sandbox.ran() if argv[0] in ("virsh", "systemctl")]
    assert bool(acted) is undone
