"""The undo script of a change of guests, run by a shell before a virsh that remembers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit import fakes
from tests.unit import guest_data as data
from tests.unit.apply.checkpoint.sandbox import Sandbox

from runbook.apply.checkpoint import undo_script
from runbook.apply.checkpoint.script import file_number, restored_paths
from runbook.plan.changes.guest.nic import MoveNic

# What it is told of a NIC it answers afterwards; a NIC of an old guest would say so.
VIRSH = """\
#!/bin/sh
shift 2
case "$1" in
domstate) cat {root}/state ;;
domiflist)
    which=live
    if [ "${{3-}}" = --inactive ]; then which=config; fi
    echo " vnet0 network $(cat {root}/$which) virtio {mac}"
    ;;
update-device)
    case $(cat) in
    *"<mac address='{mac}'"* | *'<mac address="{mac}"'*)
        echo default >{root}/"${{4#--}}"
        ;;
    esac
    ;;
esac
exit {status}
"""
GONE = "#!/bin/sh\nexit 1\n"
TIMEOUT = '#!/bin/sh\nshift\nexec "$@"\n'
DEFINITION = f"/etc/libvirt/qemu/{data.NAME}.xml"


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """The guest is on the LAN, in both its halves; libvirt answers."""
    drawn = data.plan(data.seen())
    made = Sandbox(tmp_path, fakes.CHANGE)
    made.set_up(
        undo_script(
            drawn, change_id=fakes.CHANGE, title="Armed by root@desk.", machine_id=fakes.MACHINE
        )
    )
    paths = restored_paths(drawn)
    assert paths == (DEFINITION,)
    (made.folder / "originals" / file_number(DEFINITION, paths)).write_text("as it was\n")
    made.file(DEFINITION, "as changed\n")
    for half in ("live", "config"):
        made.file(half, "routed\n")
    made.file("state", "running\n")
    program(made, "timeout", TIMEOUT)
    answering(made, 0)
    return made


def program(sandbox: Sandbox, name: str, text: str) -> None:
    path = sandbox.root / "programs" / name
    path.unlink(missing_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def answering(sandbox: Sandbox, status: int) -> None:
    program(sandbox, "virsh", VIRSH.format(root=sandbox.root, mac=data.MAC, status=status))


def half(sandbox: Sandbox, name: str) -> str:
    return (sandbox.root / name).read_text().strip()


def test_a_nic_that_does_not_go_back_is_named_and_the_change_stays_armed(sandbox: Sandbox) -> None:
    program(sandbox, "virsh", VIRSH.format(root=sandbox.root, mac="other", status=0))
    assert sandbox.undo("operator") == 1
    assert "not as before: vm-01 is on default (live)" in sandbox.journal
    assert sandbox.armed.is_symlink()


def test_what_a_libvirt_that_is_gone_cannot_put_back_is_asked_for_once_it_answers(
    sandbox: Sandbox,
) -> None:
    program(sandbox, "virsh", GONE)
    assert sandbox.undo("deadline") == 1
    assert "once libvirt answers again, the undo asks it for the rest" in sandbox.journal
    waits = [argv for argv in sandbox.ran() if argv[0] == "systemd-run"]
    assert [argv[-3:] for argv in waits] == [["/bin/sh", str(sandbox.folder / "undo"), "libvirt"]]
    assert sandbox.armed.is_symlink()
    # A person mended the rest meanwhile, in a file that the undo had put back.
    mended = sandbox.file(DEFINITION, "by hand\n")
    answering(sandbox, 0)
    assert sandbox.undo("libvirt") == 0
    assert (half(sandbox, "live"), half(sandbox, "config")) == ("default", "default")
    assert mended.read_text() == "by hand\n"
    assert not sandbox.armed.exists()


# A tap that somebody has moved before; libvirt gives it the guest's MAC with another first byte.
TAKES_A_FREE_TAP = """\
case "$*" in *"update-device vm-01 /dev/stdin --live") [ -e {root}/free ] || exit 1 ;; esac
"""
IP_FREES = """\
#!/bin/sh
case "$*" in
"link set dev vnet0 nomaster") : >{root}/free ;;
"link set dev vnet0 master "*) rm {root}/free ;;
esac
"""


@pytest.mark.parametrize(("mac", "state"), [(data.MAC, "default"), ("52:54:00:00:00:99", "routed")])
def test_a_tap_that_is_in_its_bridge_already_leaves_it_for_libvirt_to_put_it_there(
    sandbox: Sandbox, mac: str, state: str
) -> None:
    plain = VIRSH.format(root=sandbox.root, mac=data.MAC, status=0)
    takes = TAKES_A_FREE_TAP.format(root=sandbox.root)
    program(sandbox, "virsh", plain.replace("#!/bin/sh\n", f"#!/bin/sh\n{takes}"))
    program(sandbox, "ip", IP_FREES.format(root=sandbox.root))
    sandbox.file("sys/class/net/vnet0/brport/state", "3\n")
    sandbox.file("sys/class/net/vnet0/address", f"fe:{mac.partition(':')[2]}\n")
    (sandbox.root / "sys/class/net/vnet0/master").symlink_to("../br0")
    assert sandbox.undo("libvirt") == (0 if state == "default" else 1)
    assert half(sandbox, "live") == state
    assert (sandbox.root / "free").exists() == (state == "default")


def test_it_is_not_waited_for_where_libvirt_answers_and_the_nic_does_not_go_back(
    sandbox: Sandbox,
) -> None:
    program(sandbox, "virsh", VIRSH.format(root=sandbox.root, mac="other", status=0))
    assert sandbox.undo("operator") == 1
    assert [argv for argv in sandbox.ran() if argv[0] == "systemd-run"] == []


def test_whoever_waits_for_libvirt_ends_with_the_change(sandbox: Sandbox) -> None:
    program(sandbox, "virsh", GONE)
    sandbox.armed.unlink()
    assert sandbox.undo("libvirt") == 0
    assert half(sandbox, "live") == "routed"


@pytest.mark.parametrize("why", [(), ("operator",), ("deadline",)])
def test_both_halves_of_the_nic_go_back(sandbox: Sandbox, why: tuple[str, ...]) -> None:
    assert sandbox.undo(*why) == 0
    assert (half(sandbox, "live"), half(sandbox, "config")) == ("default", "default")
    assert (sandbox.root / DEFINITION[1:]).read_text() == "as it was\n"
    assert not sandbox.armed.exists()


def test_at_boot_the_definition_is_back_before_libvirt_reads_it(sandbox: Sandbox) -> None:
    program(sandbox, "virsh", GONE)
    assert sandbox.undo("boot") == 0
    assert (sandbox.root / DEFINITION[1:]).read_text() == "as it was\n"
    assert sandbox.armed.is_symlink()
    assert sandbox.undo("announce") == 0
    assert not sandbox.armed.exists()


def test_a_guest_that_was_shut_off_meanwhile_has_no_running_half(sandbox: Sandbox) -> None:
    sandbox.file("state", "shut off\n")
    assert sandbox.undo("operator") == 0
    assert half(sandbox, "config") == "default"


def test_the_script_says_what_it_is_about() -> None:
    script = undo_script(
        data.plan(data.seen()), change_id=fakes.CHANGE, title="Armed.", machine_id=fakes.MACHINE
    )
    assert "# The change puts guests on libvirt network routed, virbr1:" in script
    assert f"# vm-01 ({data.MAC}) at 172.16.1.10/16" in script
    assert "# in vm-01: its own undo, by its own timer" in script


def test_where_all_is_done_inside_the_guest_the_host_still_ends_the_change(
    tmp_path: Path,
) -> None:
    drawn = data.plan(data.seen())
    inside = tuple(change for change in drawn.changes if not isinstance(change, MoveNic))
    script = undo_script(
        replace(drawn, changes=inside),
        change_id=fakes.CHANGE,
        title="Armed.",
        machine_id=fakes.MACHINE,
    )
    assert "# in vm-01: its own undo, by its own timer" in script
    made = Sandbox(tmp_path, fakes.CHANGE)
    made.set_up(script)
    assert made.undo("operator") == 0
    assert not made.armed.exists()
