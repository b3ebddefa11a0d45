"""The procedure that takes a confirmed change back: its record x the host now -> Plan. Pure.

`recorded` is the change as its record has it. `altered_since` finds the rows that were altered
since, `files` plans each file, `steps_again` has the undo of the revert: the steps that make the
change again. `procedure` makes the plan.
"""
