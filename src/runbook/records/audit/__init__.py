"""Does a host still stand as its last confirmed record says? Only looks.

`baseline` finds that record, `needs` says what a state of the host does not meet, `judge` holds
the host as it is now against the record, and `drift` is one row of its answer. `look` asks the
host, `keep` writes its record. `drift`, `needs` and `judge` are pure.
"""
