"""What guest.ipynb imports.

`cells` lists the calls. `request` has the parameters, `form` is the form of a guest, `look` finds
the guests and enters them; from the plan on the cells are those of routed.ipynb.
"""
