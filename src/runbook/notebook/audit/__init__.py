"""What audit.ipynb imports.

`cells` lists the calls, `look` holds a host against its last confirmed record.
"""
