"""One change from start to end: the order of its stages, its undo, its record.

`pipeline` defines the order once, and `session` is the data that the stages hand on.
`subject` is what a change is about, as the stages ask it: `subject_host`, `subject_guests`,
`subject_revert` (with `change_on_host`: what the host has kept of the change), and `subject_kept`
for a change that another run began. `standing` finds such a change on a host,
`resume` takes it up. `undo` is the undo of a host and then of its guests, `extend_deadline` gives
more time, `failures` says how an armed change can fail, `new_connection` proves a change.
`record` is the run folder, `at_work` tells a run that goes on from one that died, `record_host`
records a host to rehearse on, `pulse` asks the host again and again during the cutover,
`many_hosts` asks many hosts for their state.
"""
