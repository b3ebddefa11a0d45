"""Steps of an undo that brings one bridge back in place of another, without a gap between them."""

from __future__ import annotations

from dataclasses import dataclass

# Whether the kernel waits for its RCU at once. A value of our own tells ours from anybody's.
EXPEDITED, OWN_VALUE = "/sys/kernel/rcu_expedited", "2"


@dataclass(frozen=True, slots=True)
class HurryKernel:
    """Have the kernel hurry while a port leaves its bridge, and no more after it.

    Debian's kernels wait 8 ms to 120 ms there, and the port hears nothing meanwhile. A value that
    somebody else has set stays; a host without the file goes on without it.
    """

    on: bool
    budget_s: float = 5.0

    @property
    def values(self) -> tuple[str, str]:
        """The value that is changed, and the one that it becomes."""
        return ("0", OWN_VALUE) if self.on else (OWN_VALUE, "0")

    def describe(self) -> str:
        before, after = self.values
        return f"echo {after} >{EXPEDITED}   # if it is {before}"


@dataclass(frozen=True, slots=True)
class JoinBridges:
    """A pair of veth joins both bridges until all ports have passed; only ever part of an undo.

    `old` is made if it is gone, with this MAC: it must speak with no other.
    """

    new: str
    old: str
    mac: str
    budget_s: float = 5.0

    def describe(self) -> str:
        return f"join {self.new} and {self.old} by a pair of veth"


@dataclass(frozen=True, slots=True)
class TakePorts:
    """All ports of `new` pass to `old`, and the pair of veth goes; only ever part of an undo.

    Which they are is read when the step is made: a guest's tap has another name after its restart.
    `port` is the one that has to be in `old` then.
    """

    new: str
    old: str
    port: str
    budget_s: float = 5.0

    def describe(self) -> str:
        return f"put every port of {self.new} into {self.old}"
