"""One notebook on many hosts: first a canary, then batches, until too many have failed.

What is to be done: `options` (what the operator asked for), `hosts` and `inventory` (which hosts),
`order` (in which batches), `window` (the maintenance window).
What was done: `ledger` (on disk, so that a run can be resumed), `ends` (how a host can end),
`trust` (which ledger may be resumed), `finding` (why a host failed).
Doing it: `run` (the stages), `engine` (goes through the batches), `workers` (threads, or Dask),
`job` (papermill for one host), `warm` (forks it from a process that has imported everything), `ask`
(asks a host whose run gave no result), `batch_audit` (audits a host after its change).
Output: `context` (folders, clock, output), `watch`, `progress`, `page` (the summary), `messages`,
`interrupts` (Ctrl-C), `cli` (the verb `runbook fleet`), `command` (what it does).
"""
