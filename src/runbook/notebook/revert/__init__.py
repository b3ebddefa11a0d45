"""What revert.ipynb imports.

`cells` lists the calls. `request` finds and verifies the record of the change, `look` compares
the host with it. From the plan on the cells are those of routed.ipynb. `command` is `runbook
revert`.
"""
