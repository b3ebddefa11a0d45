"""A confirmed change taken back, as the stages of the order ask it.

What a record says is data: before anything is planned, the change has to be on the host as the
record has it, and no other change may have been confirmed since.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from runbook.apply import verify
from runbook.apply.checkpoint.layout import Layout
from runbook.apply.checkpoint.script import revert_script
from runbook.apply.steps.commands import run
from runbook.apply.verify import Verdict
from runbook.params import KnownHost, Params
from runbook.plan.changes.steps import Command
from runbook.plan.plan import Plan
from runbook.plan.promise.check import Check
from runbook.plan.promise.reverted import RevertPromise
from runbook.plan.revert.procedure import make_plan
from runbook.plan.revert.recorded import RecordedChange
from runbook.preflight import Case, Cleared
from runbook.preflight import revert as rules
from runbook.run.change_on_host import refuse_another_history
from runbook.run.subject import Observation, UnjudgedPlan
from runbook.run.subject_host import HostSubject
from runbook.state.host import probes
from runbook.state.host.environment import Surroundings
from runbook.state.host.probes import Probed
from runbook.state.snapshot import Snapshot, take
from runbook.transport.connect import ask_router
from runbook.transport.host import Host

# The script in the folder of the change that is taken back.
SCRIPT = "revert"
# Duplicate address detection takes a second or two.
_LOOKS, _PAUSE_S = 5, "1"


@dataclass(frozen=True, slots=True)
class RevertSubject(HostSubject):
    """The host, and the confirmed change; None if a revert of an earlier run is ended."""

    change: RecordedChange | None = None

    def observe(self, host: Host, params: Params, before: Snapshot) -> Observation:
        """Compare the host's own folder of the change with the record; raises Refused."""
        del params
        refuse_another_history(self._change, before, host)
        return Observation()

    def plan(self, params: Params, before: Snapshot, observation: Observation) -> UnjudgedPlan:
        """The undo of the change, in parts, against the host as it is now."""
        del observation
        change = self._change
        place = Layout(change.change_id)

        def script(skipped: frozenset[str]) -> str:
            machine_id = before.identity.machine_id
            return revert_script(change.plan, change.change_id, machine_id, skipped)

        path = f"{place.directory}/{SCRIPT}"
        return UnjudgedPlan(make_plan(change, before, path, script, params.deadline_s))

    @property
    def _change(self) -> RecordedChange:
        if self.change is None:
            message = "a revert that is taken up is not planned anew"
            raise TypeError(message)
        return self.change

    def judge(
        self, params: Params, draft: UnjudgedPlan, before: Snapshot, around: Surroundings
    ) -> Cleared:
        """By the rules about any change, and those about a revert."""
        return rules.preflight(Case(params, draft.plan, before, around))

    def probe(self, host: Host, params: Params, plan: Plan) -> Probed:
        """Ask gateways and probes over the bridge, and the router last."""
        promise = plan.of_revert
        six = promise.changed.ipv6
        targets = (*params.probes, *(six.gateways if six else ()))
        asked = probes.probe(host, promise.changed.gateway, targets, promise.nic, promise.bridge)
        return _with_router(asked, params, promise)

    def verdict(
        self, host: Host, params: KnownHost, plan: Plan, before: Probed, now: Snapshot
    ) -> Verdict:
        """The rows of the state, the probes, and the router."""
        promise = plan.of_revert
        holder = promise.bridge if promise.attached else promise.nic
        again = probes.probe_again(host, before, promise.nic, holder)
        reached = verify.reaching(promise, before, _with_router(again, params, promise))
        return Verdict((*_settled(promise, host, now), *reached))


def _with_router(probed: Probed, params: KnownHost, promise: RevertPromise) -> Probed:
    return replace(probed, router=ask_router(params, str(promise.address.ip)))


def _settled(promise: RevertPromise, host: Host, now: Snapshot) -> tuple[Check, ...]:
    """The checks once the kernel had time: an address may be tentative for some seconds."""
    for _ in range(_LOOKS):
        checks = promise.checks(now)
        if all(check.kept or not check.required for check in checks):
            break
        run(Command(("sleep", _PAUSE_S)), host)
        now = take(host, now.taken_at)
    return promise.checks(now)
