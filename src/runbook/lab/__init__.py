"""A test bed: real Debian systems on a LAN of network namespaces (see ARCHITECTURE.md)."""
