"""Makes a cleared plan on the host, or undoes it.

`phases` makes the steps of one phase, `verify` compares the promise with what is there,
`reboot` boots the host once before that if the operator asks for it, `confirm` removes the undo
over a new connection, `rollback` starts the undo on the host and
compares the host with the snapshot, `await_undo` waits for the end of the undo.
`guest_difference` says what an undo left different in a guest. Packages: `steps` (performs one
step), `checkpoint` (the undo on the host).
"""
