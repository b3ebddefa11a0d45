"""What guest.ipynb imports.

`cells` lists the calls. `look` finds the guests and enters them; from the plan on
the cells are those of routed.ipynb.
"""
