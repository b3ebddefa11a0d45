"""What guest.ipynb imports.

`cells` lists the calls in their order. `look` finds the guests and enters them, `change` moves
them.
"""
