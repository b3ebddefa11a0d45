"""What history.ipynb imports.

`cells` lists the calls, `look` reads the records of one host, `compare` shows two of its states.
"""
