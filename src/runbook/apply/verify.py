"""Promise x Snapshot -> Verdict. Pure; a verdict without checks is a failure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from runbook.plan.forecast.boot import rehearse
from runbook.plan.forecast.boot_effect import BootStep
from runbook.plan.promise.check import Check, unkept
from runbook.plan.promise.host import Promise
from runbook.plan.promise.reverted import RevertPromise
from runbook.state.host.probes import Probed
from runbook.state.snapshot import Snapshot
from runbook.transport.router import RouterSays


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every check that was made; `boot` is what the last of them were read off."""

    checks: tuple[Check, ...]
    boot: tuple[BootStep, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every required check holds; never true without a required check."""
        required = [check.kept for check in self.checks if check.required]
        return bool(required) and all(required)

    @property
    def broken(self) -> tuple[Check, ...]:
        """The required checks that do not hold."""
        return tuple(c for c in self.checks if c.required and not c.kept)

    @property
    def reasons(self) -> str:
        """The required checks that do not hold, a line each."""
        return unkept(self.broken)

    @property
    def of_boot(self) -> tuple[Check, ...]:
        """The checks that come of the boot's rehearsal."""
        return tuple(step.check() for step in self.boot)

    @property
    def of_now(self) -> tuple[Check, ...]:
        """The others."""
        rehearsed = set(self.of_boot)
        return tuple(check for check in self.checks if check not in rehearsed)


def judge(promise: Promise, snapshot: Snapshot, before: Probed, after: Probed) -> Verdict:
    """The state, then the probes, what routers hold for this host, and what a boot would do."""
    stands = standing(promise, snapshot)
    reached = reaching(promise, before, after)
    return Verdict((*promise.checks(snapshot), *reached, *stands.of_boot), stands.boot)


def reaching(promise: Promise | RevertPromise, before: Probed, after: Probed) -> tuple[Check, ...]:
    """The probes, and the MAC that routers hold for this host."""
    probes = still_answering(before, after)
    return (*probes, _gateway(promise, before, after), *_router(promise, before, after))


def with_reboot(verdict: Verdict, seconds: float) -> Verdict:
    """The verdict on a host that was rebooted for it, and came up after so many seconds."""
    up = Check("a reboot", "the host comes up by itself", f"up after {seconds:.0f} s", kept=True)
    return Verdict((up, *verdict.checks), verdict.boot)


def still_answering(before: Probed, after: Probed) -> tuple[Check, ...]:
    """What answered before has to answer now."""
    targets = dict.fromkeys(probe.target for probe in (*before.probes, *after.probes))
    return tuple(_probe(target, before, after) for target in targets)


def standing(promise: Promise, snapshot: Snapshot) -> Verdict:
    """What the host's state alone says: the promise, and a boot."""
    boot = rehearse(promise, snapshot)
    return Verdict((*promise.checks(snapshot), *(step.check() for step in boot)), boot)


def _probe(target: str, before: Probed, after: Probed) -> Check:
    answered = target in after.answered()
    required = target in before.answered()
    promised = "answers, as before" if required else "did not answer before"
    seen = "answers" if answered else "no answer"
    return Check(f"probe {target}", promised, seen, answered, required)


def _gateway(promise: Promise | RevertPromise, before: Probed, after: Probed) -> Check:
    # A router that never answers pings cannot show its neighbour table this way.
    required = before.gateway_sees is not None
    seen = after.gateway_sees or "no reply to look at"
    about = f"{after.gateway} sends to"
    return Check(about, promise.mac, seen, seen == promise.mac, required)


def _router(promise: Promise | RevertPromise, before: Probed, after: Probed) -> Iterator[Check]:
    """The router's own table, where there is a way to read it."""
    held = after.router or _not_asked(before.router)
    if held is not None:
        seen = " ".join(held.macs) or held.said
        # One that could not be read before the change proves nothing by not being read after it.
        required = before.router is not None and bool(before.router.macs)
        about = f"{held.router} holds for {promise.address.ip}"
        yield Check(about, promise.mac, seen, held.macs == (promise.mac,), required)


def _not_asked(before: RouterSays | None) -> RouterSays | None:
    """A router that answered before has to answer again, whoever confirms the change."""
    if before is None:
        return None
    return RouterSays(before.router, (), "not asked: the parameter `router` is not given")
