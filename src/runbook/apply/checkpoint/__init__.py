"""The undo, put on the host before the first write.

docs/reference/undo.md explains it.

`script` writes the plan in reverse as a shell script, each step as its `shell_lines`, between
`undo_head.sh` and `undo_tail.sh`; for a revert between `undo_head.sh` and `revert_tail.sh`.
`undo_gate.sh` and `revert_gate.sh` say when each may run; `undo_checks` is what the script checks
at its end. `arm` puts everything in place and takes the lock last. `layout` has the paths and boot
units, `manifest` whose change it is, `timer` and `deadline` when the undo runs. `armed_change`,
`countdown`, `poll` and `history` read back what is on a host, `subject` tells a change of guests
from a change of the host. `guests_before` keeps how guests were, without secrets.
"""

from runbook.apply.checkpoint.arm import Armed, arm
from runbook.apply.checkpoint.script import undo_script

__all__ = ["Armed", "arm", "undo_script"]
