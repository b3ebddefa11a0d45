"""What survey.ipynb imports.

`cells` lists the calls in their order. `look` reads a host and offers values, `write` writes
the host's file.
"""
