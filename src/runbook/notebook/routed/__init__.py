"""What routed.ipynb imports.

`cells` lists the calls. `look` has the cells that only look, `plan` those that
decide, `change` those that change the host, `close` those that end the run. `preview` draws the
plan while the form is filled in.
"""
