"""How the undo of a revert makes the confirmed change once more: its steps, in their order. Pure.

The files come back from the copies that were made when the revert was armed. Of the rest each
step has to be harmless if that part was never taken back, or only half of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from runbook.plan.changes.aside import ENDING, MoveAside, PutBack
from runbook.plan.changes.attach import AttachNetwork
from runbook.plan.changes.bridge_client import RunClient
from runbook.plan.changes.bridge_mac import IntroduceMac
from runbook.plan.changes.bridge_ports import Cutover, ForwardAtOnce, QuietWarmUp, Settle
from runbook.plan.changes.change import Change
from runbook.plan.changes.conntrack import HoldTracking, ReleaseTracking
from runbook.plan.changes.file_steps import (
    EditFile,
    MakeDir,
    RemoveDir,
    RemoveFile,
    Restore,
    WriteFile,
)
from runbook.plan.changes.files import EditLines, PutFile
from runbook.plan.changes.firewall import TwinRule
from runbook.plan.changes.ipv6_switches import DeafenNIC, EnableIPv6, LearnOnBridge
from runbook.plan.changes.leases import EndClient, StopClient
from runbook.plan.changes.messages import Address
from runbook.plan.changes.networks import CreateNetwork, InstallHook
from runbook.plan.changes.nic_name import FindNic
from runbook.plan.changes.processes import Kill, StartClient
from runbook.plan.changes.profile import AddRules, JumpFirst, SetPolicy
from runbook.plan.changes.revert_steps import EndOwnClient, InsertRule, RaiseNetwork
from runbook.plan.changes.routes import MakeRoom
from runbook.plan.changes.steps import (
    NETWORKS,
    Command,
    DropAttached,
    DropNetwork,
    NeedNic,
    Netlink,
    Step,
    Sysctl,
)
from runbook.plan.changes.sysctl import SetSysctl, TuneBridge
from runbook.plan.plan import Plan

# Of any other kind it was not thought of how it is made again; a subclass is another kind.
KNOWN = frozenset(
    (
        *(PutFile, EditLines, SetSysctl, TwinRule, EndClient, RunClient, InstallHook, FindNic),
        *(CreateNetwork, AttachNetwork, TuneBridge, ForwardAtOnce, QuietWarmUp, IntroduceMac),
        *(HoldTracking, ReleaseTracking, MakeRoom, Cutover, Settle),
        *(EnableIPv6, DeafenNIC, LearnOnBridge, AddRules, JumpFirst, SetPolicy),
    )
)
_OF_FILES = (WriteFile, EditFile, MakeDir, RemoveFile, MoveAside, Kill)
_PROFILE = (AddRules, JumpFirst, SetPolicy)
_DELETE, _CHECK = "-D", "-C"


def files(plan: Plan, skipped: frozenset[str]) -> tuple[Step, ...]:
    """The folders and the files as they were when the revert was armed."""
    steps = tuple(step for _, step in plan.undo_steps())
    made = dict.fromkeys(s.path for s in steps if isinstance(s, RemoveDir))
    paths = dict.fromkeys(p for s in steps for p in _paths(s) if p not in skipped)
    return (*map(MakeDir, made), *map(Restore, paths))


def _paths(step: Step) -> tuple[str, ...]:
    match step:
        case Restore(path=path):
            return (path,)
        case PutBack(path=path):
            return (path, f"{path}{ENDING}")
        case DropNetwork(name=name) | DropAttached(name=name):
            return (f"{NETWORKS}/{name}.xml",)
        case _:
            return ()


def network(plan: Plan) -> tuple[Step, ...]:
    """Who holds the address: rules that let the operator in first, no client, then the bridge."""
    return (
        *(step for _, step in plan.undo_steps() if isinstance(step, NeedNic)),
        *(step for change in plan.changes for step in _before_the_bridge(change)),
        *(step for change in plan.changes for step in _with_the_bridge(change)),
    )


def _before_the_bridge(change: Change) -> Iterator[Step]:
    if isinstance(change, TwinRule):
        ((insert,), (delete,)) = change.do(), change.undo()
        if isinstance(insert, Command) and isinstance(delete, Command):
            check = tuple(_CHECK if word == _DELETE else word for word in delete.argv)
            yield InsertRule(check, insert.argv)
    elif isinstance(change, StopClient) and change.pids and change.start:
        yield EndOwnClient(StartClient(change.ifname, change.start))


def _with_the_bridge(change: Change) -> Iterator[Step]:
    if isinstance(change, CreateNetwork):
        yield _raised(change)
    elif isinstance(change, Cutover):
        yield Netlink((_on_the_bridge(change),))
        yield from change.do()
    elif not (
        change.phase == "prepare"
        or isinstance(change, (InstallHook, RunClient, AttachNetwork, *_PROFILE))
    ):
        yield from (step for step in change.do() if not isinstance(step, _OF_FILES))


def _on_the_bridge(change: Cutover) -> Address:
    """The address as libvirt puts it onto the bridge, which it does only as a network starts.

    A network that runs all the time has lost it when the revert moved it to the NIC.
    """
    own = replace(change.address.lasting(), ifname=change.bridge)
    return replace(own, label="", peer="", noprefixroute=False)


def _raised(change: CreateNetwork | AttachNetwork) -> RaiseNetwork:
    return RaiseNetwork(change.name, change.bridge, f"{NETWORKS}/{change.name}.xml")


def rest(plan: Plan, sysctls: Iterable[tuple[str, str]]) -> tuple[Step, ...]:
    """The firewall made anew, the kernel's parameters as they were, a client on the bridge."""
    profile = [change for change in plan.changes if isinstance(change, _PROFILE)]
    away = (step for change in reversed(profile) for step in change.undo())
    again = (step for change in profile for step in change.do())
    # Its lease has come back with the files.
    starts = (change.start for change in plan.changes if isinstance(change, RunClient))
    values = (Sysctl(name, value) for name, value in sysctls)
    # The bridge of these is there all the time.
    attached = (_raised(change) for change in plan.changes if isinstance(change, AttachNetwork))
    return (*attached, *away, *again, *values, *starts)


def parameters(plan: Plan) -> tuple[str, ...]:
    """The kernel parameters that the change sets, and those that the kernel resets with them."""
    own = [c for c in plan.changes if isinstance(c, SetSysctl)]
    return tuple(dict.fromkeys(n for c in own for n in (c.name, *(name for name, _ in c.shaken))))
