"""Names that a shell would take for more than names, in every step of a way back."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import given, settings
from tests.unit import fakes
from tests.unit.apply.checkpoint.sandbox import Sandbox
from tests.unit.programs import hostile

from runbook.apply.checkpoint import undo_script
from runbook.apply.checkpoint.script import file_number, restored_paths
from runbook.plan.changes.aside import PutBack
from runbook.plan.changes.file_steps import RemoveDir, Restore
from runbook.plan.changes.processes import StartClient
from runbook.plan.changes.steps import (
    Announce,
    CarryNeighbours,
    Command,
    DropNetwork,
    Step,
    Sysctl,
)
from runbook.plan.plan import Plan
from runbook.plan.routed.procedure import make_plan

PLAN = make_plan(fakes.params(), fakes.seen())


@dataclass(frozen=True)
class Named:
    """A change whose way back is all about one name."""

    name: str
    phase = "settle"

    @property
    def title(self) -> str:
        """The name, as a heading in the script."""
        return self.name

    before = after = title

    def do(self) -> tuple[Step, ...]:
        """Nothing."""
        return ()

    def undo(self) -> tuple[Step, ...]:
        """Every step that a name goes into."""
        return (
            Command(("iptables", self.name)),
            StartClient(self.name, ("dhclient", self.name)),
            PutBack(f"/etc/lease-{self.name}"),
            DropNetwork(self.name, self.name),
            Announce(self.name, self.name),
            CarryNeighbours(self.name, self.name),
            Sysctl(f"net.ipv4.conf.{self.name}.forwarding", self.name),
            Restore(f"/etc/{self.name}"),
            RemoveDir(f"/etc/{self.name}"),
        )


@settings(max_examples=12)
@given(hostile.filter(bool))
def test_each_arrives_whole_and_none_is_run(name: str) -> None:
    plan: Plan = replace(PLAN, changes=(Named(name),))
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(Path(folder), fakes.CHANGE)
        sandbox.set_up(
            undo_script(plan, change_id=fakes.CHANGE, title=name, machine_id=fakes.MACHINE)
        )
        switch = sandbox.file(f"/proc/sys/net/ipv4/conf/{name}/forwarding", "was\n")
        file = sandbox.file(f"/etc/{name}", "changed\n")
        lease = sandbox.file(f"/etc/lease-{name}.runbook-aside", "lease {}\n")
        for path in restored_paths(plan):
            number = file_number(path, restored_paths(plan))
            (sandbox.folder / "originals" / f"{number}.absent").touch()
        assert sandbox.undo() == 0
        assert switch.read_text() == f"{name}\n"
        assert not file.exists()
        assert lease.with_name(f"lease-{name}").read_text() == "lease {}\n"
        ran = sandbox.ran()
    assert "INJECTED" not in {words[0] for words in ran}
    assert ["iptables", name] in ran
    assert ["dhclient", name] in ran
    assert ["ip", "-4", "neighbour", "show", "dev", name] in ran
