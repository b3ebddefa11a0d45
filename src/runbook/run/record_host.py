"""A host recorded, so that its change can be rehearsed where there is no host.

Everything that planning and preflight ask is asked once, and what is shown
beside the tables too, and the answers are kept. A recording holds what the host
said as it said it, secrets in interface files included: keep it as you keep
those files.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

from runbook.apply.checkpoint import history
from runbook.common.folders import params_folder
from runbook.params import for_host
from runbook.run import pipeline
from runbook.state.host import command_output, nic_hardware
from runbook.transport import Host, Recorder


def record_host(name: str, path: Path) -> None:
    """Ask a host all that a rehearsal will ask, and save the answers to `path`."""
    params = for_host(params_folder(), {"host": name, "mode": "plan"})
    session = pipeline.open_session(params)
    recorder = Recorder(session.host)
    # Up to preflight nothing writes, so a reader is all that is asked for.
    asking = replace(session, host=cast("Host", recorder))
    command_output.read(recorder)
    pipeline.dry_run(asking)
    # A survey asks this besides, and `runbook status` and the undo notebook that.
    nic_hardware.read(asking.host)
    history.latest(recorder)
    recorder.save(path)
