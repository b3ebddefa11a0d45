"""`runbook revert`: the cells of revert.ipynb, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

from runbook.notebook.revert import cells as nb
from runbook.plan.plan import PHASES
from runbook.run.record import Ending

# No network is made.
PHASES_OF_A_REVERT = tuple(phase for phase in PHASES if phase != "network")


def run(values: Mapping[str, object]) -> int:
    """The exit status: 0 if the change is taken back, or only a plan was asked for."""
    consent = list(values.get("consent") or ()) or None  # type: ignore[call-overload] # a tuple of click
    request = nb.want({**values, "consent": consent})
    met = nb.meet(request)
    with closing(met.session.host):
        change = nb.arm(nb.preflight(nb.plan(nb.look(met))))
        for phase in PHASES_OF_A_REVERT:
            change = nb.apply(change, phase)
        last = nb.after(nb.confirm(nb.verify(change)))
        nb.finish(last)
    wanted = values.get("mode") == "plan"
    ending = getattr(last, "ending", Ending.AS_PROMISED)
    return 0 if wanted or ending is Ending.AS_PROMISED else 1
