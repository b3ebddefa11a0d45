"""The order of a run, and the way back into a change that another run began.

`session` is one run against one host, `pipeline` the order for a host and `guest_pipeline` for
guests. `resume` and `resume_guests` take up a change that another run began. `undo` is the undo
of a host and then of its guests, `extend_deadline` gives more time, `failures` says how an
armed change can fail. `record` is the run folder, `record_host` records a host to rehearse on,
`pulse` asks the host again and again during the cutover, `fleet` asks many hosts for their
state.
"""
