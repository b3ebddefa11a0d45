"""The procedure that takes a confirmed change back: its record x the host now -> Plan. Pure.

`recorded` is the change as its record has it. `drift` says what was altered on the host since,
`files` what becomes of each file, `again` how the undo of the revert makes the change once more.
`procedure` puts the plan together.
"""
