"""One notebook on many hosts: first a canary, then batches, until too many have failed.

What is to be done: `wish` (what the operator asked for), `hosts` and `inventory` (which hosts),
`order` (in which batches), `window` (the maintenance window).
What was done: `ledger` (on disk, so that a run can be resumed), `ends` (how a host can end),
`trust` (which ledger may be gone on with), `finding` (why a host failed).
Doing it: `run` (the stages), `engine` (goes through the batches), `workers` (threads, or Dask),
`job` (papermill for one host), `ask` (a host whose run did not say how it ended), `audited` (a host
after its change).
Who looks on: `desk` (from where), `watch`, `progress`, `page` (the summary), `messages`,
`interrupts` (Ctrl-C), `cli` (the verb `runbook fleet`), `command` (what it does).
"""
