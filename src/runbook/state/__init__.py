"""What is there: one table a file, each a pandas DataFrame with documented columns.

Each table has COLUMNS, a pure ``parse`` and a ``read``: `links`, `bridge_ports`, `addresses`,
`routes`, `rules`, `neighbours`, `firewall`, `nftables`, `sysctl`, `leases`, `files`,
`networks`, `guests`, `units`.

`snapshot` takes all of them with `identity`; `diff` compares two snapshots, after `tap_names`
has given each guest's tap the name it had in the first. `dhcp_clients` says whose each process
is that looks like a DHCP client. `table` and `netlink` are shared helpers. Packages: `host`
(beside the tables), `guest` (inside a guest), `syntax` (files).
"""
