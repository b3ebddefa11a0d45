"""What desk.ipynb imports: the inventory of the hosts, and the records.

`cells` lists the calls. `inventory` has a row for each host, `place` says where a host's address
is, `records` has a row for each run, `copies` makes the notebooks that know their host,
`opening` draws the page before a kernel runs, `ask` is the button that asks the hosts,
`sources` says where this version's notebooks are, `workspace` is `runbook init`.
"""
