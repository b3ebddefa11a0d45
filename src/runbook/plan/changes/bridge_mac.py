"""The bridge's MAC shown to the switch and the router before anything depends on it."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.plan.changes.steps import Step
from runbook.plan.changes.waits import AwaitAdmitted


@dataclass(frozen=True, slots=True)
class IntroduceMac:
    """Find out whether a second MAC is admitted on the switch port, while nothing depends on it.

    A port that admits known MACs alone drops what comes from another one. Asked only after the
    cutover, this is found out by a host that cannot be reached.
    """

    nic: str
    mac: str
    router: str

    phase = "network"
    title = "ask the router in the bridge's MAC"

    @property
    def before(self) -> str:
        return f"the switch has not heard of {self.mac}"

    @property
    def after(self) -> str:
        return f"{self.router} answers {self.mac} as it answers {self.nic}"

    def do(self) -> tuple[Step, ...]:
        return (AwaitAdmitted(self.nic, self.mac, self.router),)

    def undo(self) -> tuple[Step, ...]:
        """Nothing: the switch forgets the MAC by itself."""
        return ()
