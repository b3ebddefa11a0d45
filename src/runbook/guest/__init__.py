"""Everything that changes a guest: enter it, change it, verify it, confirm or undo it.

Reading is in `state/guest`, the connection in `transport/guest`.

`facts`, `target` and `procedure` make the plan for guests. `session` is one guest and `sessions`
all guests of a change. `steps` makes the steps in a guest, `deadlines` moves the deadlines of
host and guests, `lan_checks` asks the LAN about a guest, `login` has user and password. Packages:
`rules` (may it be done), `configure` (edits of the guest's files), `undo` (the guest's own
undo).
"""
