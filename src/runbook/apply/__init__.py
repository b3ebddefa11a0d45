"""A cleared plan is done on the host, and undone.

`phases` makes the steps of one phase, `verify` compares the promise with what is there,
`confirm` removes the undo over a new connection, `rollback` has the host run its undo and
compares the host with the snapshot. `guest_difference` says what an undo left different in a
guest. Packages: `steps` (one step becomes a deed), `checkpoint` (the undo on the host).
"""
