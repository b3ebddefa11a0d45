"""Changes to a guest.

`nic` moves its NIC to another network, `configuration` changes its own network from inside. The
plan holds digests of a guest's files, never the files.
"""
