"""A test bed: real Debian systems on a LAN of network namespaces (see docs/reference/lab.md)."""
