"""One step: the journal, the deed, netlink and NDP as bytes."""
