"""What survey.ipynb imports.

`cells` lists the calls. `look` reads a host and offers values, `write` writes
the host's file.
"""
