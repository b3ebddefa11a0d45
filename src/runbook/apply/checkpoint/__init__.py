"""The way back, put on the host before the first write."""

from runbook.apply.checkpoint.arm import Armed, arm
from runbook.apply.checkpoint.script import undo_script

__all__ = ["Armed", "arm", "undo_script"]
