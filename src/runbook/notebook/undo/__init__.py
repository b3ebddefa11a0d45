"""What undo.ipynb imports.

`cells` lists the calls. `look` shows what is on the host, `end` undoes or
confirms it.
"""
