"""What is there: one table a file. Programs read typed rows, people get pandas DataFrames.

Each table has the type of its rows, a pure ``parse`` and a ``read``: `links`, `bridge_ports`,
`addresses`, `routes`, `rules`, `neighbours`, `firewall`, `nftables`, `sysctl`, `leases`,
`files`, `networks`, `guests`, `units`, `modules`.

`snapshot` takes all of them with `identity`; `diff` compares two snapshots, and `pairing` says
which row of one is which row of the other, after `tap_names`
has given each guest's tap the name it had in the first. `port_ipv6` says what nothing uses on a
port of a bridge. `dhcp_clients` says whose each process
is that looks like a DHCP client. `kernel_modules` says what appeared because a module was loaded.
`row_texts` gives each row as one text. `redacted` takes secrets out of rows that an earlier version
kept. `table`, `ordering`, `netlink`, `batches` and `address_texts` are shared helpers. Packages:
`host` (beside the tables), `guest` (inside a guest), `syntax` (files).
"""
