from __future__ import annotations

from runbook.plan.changes.file_steps import MakeDir, RemoveDir
from runbook.plan.changes.files import PutFile
from runbook.plan.changes.networks import CreateNetwork, InstallHook
from runbook.plan.changes.steps import Command, DropNetwork

XML = "<network><name>routed</name></network>\n"
CREATE = CreateNetwork("routed", "virbr1", XML, ("iptables",))
HOOK = InstallHook(PutFile("/etc/libvirt/hooks/network.d/50-x", "#!/bin/sh\n", 0o755, "come back"))


def test_a_network_that_does_not_start_never_starts_at_boot() -> None:
    verbs = [step.argv[3:] for step in CREATE.do() if isinstance(step, Command)]
    assert verbs == [
        ("net-define", "/dev/stdin"),
        ("net-start", "routed"),
        ("net-autostart", "routed"),
    ]
    (_, define, *_) = CREATE.do()
    assert isinstance(define, Command)
    assert define.stdin == XML.encode()


def test_it_goes_with_its_bridge_and_the_chains_that_came_with_it() -> None:
    assert CREATE.undo()[0] == DropNetwork("routed", "virbr1", ("iptables",))
    assert CREATE.after == XML
    assert "virbr1" in CREATE.before


def test_the_first_guest_finds_the_directory_that_libvirt_notes_it_in() -> None:
    assert CREATE.do()[0] == MakeDir("/var/lib/libvirt/dnsmasq")
    assert CREATE.undo()[-1] == RemoveDir("/var/lib/libvirt/dnsmasq")


def test_libvirt_looks_for_the_hook_only_once_it_is_there() -> None:
    *put, restart = HOOK.do()
    assert tuple(put) == HOOK.file.do()
    assert isinstance(restart, Command)
    assert restart.argv[:2] == ("systemctl", "try-restart")
    assert HOOK.undo() == HOOK.file.undo()
    assert (HOOK.title, HOOK.before, HOOK.after) == (
        *("come back", HOOK.file.before, HOOK.file.after),
    )
