"""Every exception of the package, named by what the operator should do about it.

::

    RunbookError
    ├── CorrectParameters          nothing was contacted or touched; fix the input
    │   └── ParameterError         one field, its value, the fix
    ├── MendAccess                 the host cannot be reached or read as needed
    │   ├── ConnectionLost         the connection broke or never came up
    │   ├── HostKeyRejected        the host's key is unknown or has changed
    │   ├── PythonMissing          the host has no python3
    │   ├── SudoRefused            `sudo -n` wants a password, or says no
    │   ├── HypervisorUnavailable  libvirt does not answer, or says no
    │   ├── NoWayIn                neither a guest's agent nor its console leads inside
    │   ├── LoginRefused           a guest's console refused the user or the password
    │   ├── AgentSilent            a guest has no agent, or it does not answer
    │   │   └── AgentRefused       it answers, and may not do what was asked
    │   ├── NoConsole              a guest has no serial console to speak to
    │   │   └── ConsoleTaken       it has, and somebody else is speaking there
    │   └── ReadFailed             a reader could not get or understand its data
    ├── ReadOnlyHost               a write was asked of a recorded host
    ├── MendHost                   the host as it is cannot be changed safely
    │   ├── Refused                preflight found something that forbids the change
    │   ├── StalePlan              the host changed after the plan was made
    │   └── ChangeInProgress       another change holds the host's lock
    ├── StepFailed                 a step of the change failed; the undo follows
    │   └── GateClosed             the undo has begun, so no step is made any more
    ├── VerificationFailed         the promise was not kept; the undo follows
    ├── RolledBack                 the change failed and the host is as before
    ├── GoToTheConsole             the host's state is not known to be good
    │   └── RollbackDiffers        the undo ran, and rows differ from before
    └── LabError                   the test bed could not do what was asked

Each one says four things: what happened, on which host, what state that host
is in now, and what to do next.
"""

from __future__ import annotations

from typing import Self

from runbook.common.printable import printable
from runbook.common.redact import redact_prose

# Nothing that a host shows may look like one of these lines.
_LABELS = ("host:", "state now:", "do next:")


class RunbookError(Exception):
    """What happened, on which host, the state it is in, and what to do next.

    Any of it may hold words of a host, a guest or the LAN, so it is redacted and made printable
    here: whoever prints or records an error need not think of that. `transcript` is what went to
    and fro at a console until then, '' where there was none. `shown`: the page has its text
    already, as the result of the run.
    """

    shown = False

    def __init__(
        self, what: str, *, host: str = "-", state: str, then: str, transcript: str = ""
    ) -> None:
        """Keep the four sentences; `host` is '-' where no host was contacted."""
        self.what, self.host, self.state, self.then = map(_shown, (what, host, state, then))
        super().__init__(self.what)
        self.transcript = transcript

    def __str__(self) -> str:
        """Four labelled lines, as the operator reads them."""
        first, *more = self.what.split("\n")
        shown = (f"| {line}" if line.lstrip().startswith(_LABELS) else line for line in more)
        what = "\n".join((first, *shown))
        return (
            f"{what}\n  host:      {self.host}\n  state now: {self.state}\n  do next:   {self.then}"
        )

    def telling(self, *more: str, transcript: str = "") -> Self:
        """A copy of the error, of the same class, with more text."""
        what = _shown("".join((self.what, *more)))
        made = type(self).__new__(type(self), what)
        made.__dict__ |= self.__dict__
        made.what, made.transcript = what, transcript or self.transcript
        return made


def _shown(text: str) -> str:
    return printable(redact_prose(text))


class CorrectParameters(RunbookError):
    """The input is wrong; nothing was contacted or touched."""


class ParameterError(CorrectParameters):
    """One parameter is unknown, missing, of the wrong type or out of place."""

    def __init__(self, field: str, value: object, problem: str, fix: str) -> None:
        """Name the field, show the value as it arrived, say how to fix it."""
        super().__init__(
            f"parameter '{field}' = {value!r}: {problem}",
            state="nothing was written to any host",
            then=fix,
        )
        self.field = field
        self.value = value
        self.problem = problem


class MendAccess(RunbookError):
    """The host cannot be reached or read as the change needs it."""


class ConnectionLost(MendAccess):
    """The connection to the host broke, or never came up."""


class HostKeyRejected(MendAccess):
    """The host's SSH key is unknown or not the one expected."""


class PythonMissing(MendAccess):
    """The host has no python3 to run the relay with."""


class SudoRefused(MendAccess):
    """`sudo -n` was refused on the host."""


class HypervisorUnavailable(MendAccess):
    """libvirt on the host does not answer, or refuses."""


class NoWayIn(MendAccess):
    """No way into a guest works; `tried` has one line for each way."""

    def __init__(
        self, what: str, *, host: str, tried: tuple[str, ...], then: str, transcript: str = ""
    ) -> None:
        """Nothing was changed; a person at the guest's console is what is left."""
        state = "nothing was changed in the guest"
        super().__init__(what, host=host, state=state, then=then, transcript=transcript)
        self.tried = tuple(map(printable, tried))


class LoginRefused(MendAccess):
    """A guest's console refused the user or the password."""


class AgentSilent(MendAccess):
    """A guest has no agent, or it does not answer."""


class AgentRefused(AgentSilent):
    """A guest's agent answers, and may not or cannot do what was asked."""


class NoConsole(MendAccess):
    """A guest has no serial console that can be spoken to."""


class ConsoleTaken(NoConsole):
    """Somebody else is at the guest's serial console."""


class ReadFailed(MendAccess):
    """A reader could not get its data, or could not understand it."""


class ReadOnlyHost(RunbookError):
    """A write was asked of a recorded host."""


class MendHost(RunbookError):
    """The host, as it is, cannot be changed safely."""


class Refused(MendHost):
    """Planning or preflight found something that forbids the change."""

    def __init__(
        self, what: str, *, host: str, then: str, state: str = "nothing was written"
    ) -> None:
        """Keep the sentences; before a change begins, the host is as it was."""
        super().__init__(what, host=host, state=state, then=then)


class StalePlan(MendHost):
    """The host has changed since the plan was made."""


class ChangeInProgress(MendHost):
    """Another change is armed or half made on this host."""


class StepFailed(RunbookError):
    """A step of the change failed."""


class GateClosed(StepFailed):
    """The undo of this change has begun; the step was not made."""


class VerificationFailed(RunbookError):
    """The host's state is not the promised one."""


class RolledBack(RunbookError):
    """The change failed and was undone; the host is as before."""


class GoToTheConsole(RunbookError):
    """The host's state is not known to be good."""


class RollbackDiffers(GoToTheConsole):
    """The undo ran, and the host still differs from before."""


class LabError(RunbookError):
    """The test bed could not do what was asked."""
