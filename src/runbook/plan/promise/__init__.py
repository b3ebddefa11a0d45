"""The desired end state as data, and whether a snapshot shows it.

Planning asks it what is left to do, verification whether it has been reached. `host` is a host's
promise with `ipv6` for its IPv6 part, `files` for files and `client` for a DHCP client on the
bridge, `attached` that of a host on a bridge already, `guests` is the promise for guests,
`reverted` that of a revert, `check` is one row of the answer, `subject` says what a change is
about. `managers` says which other network manager configures the NIC, `cloud_init` whether
cloud-init may, `ifupdown_program` which program reads ifupdown's files, `nic_name` whether the NIC
keeps its name.
"""
