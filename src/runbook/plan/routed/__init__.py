"""How each part of a snapshot is carried over: rows in, changes out. Pure."""
