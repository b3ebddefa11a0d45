"""One notebook on many hosts: first a canary, then batches, until too many have failed.

`hosts` says which hosts, `order` in which batches, `ledger` what became of each (on disk, so that
a run can be resumed), `job` runs papermill for one host, `ask` asks a host whose run did not say
how it ended, `trust` says which ledger may be gone on with, `engine` goes through the batches,
`ends` are the ways in which a host can end. `command` is the command `runbook fleet`, `interrupts`
what Ctrl-C does to it, `messages` its lines and tables.
"""
