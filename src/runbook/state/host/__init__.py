"""What is known of a host beside its network tables.

`environment` lists programs, services and disk space, `rules_at_boot` says whether a boot loads
saved firewall rules, `probes` asks what the host can reach, `operator_connection` is your own
connection as sshd sees it, `nic_hardware` has drivers and speeds, `nic_entries` proxy neighbours
and multicast groups, `command_output` keeps what `ip`, `nft` and other programs print; nothing is
decided by `command_output`. `naming_files` searches the files that name the NIC (`linked_files`
has links that lead elsewhere, `grep` asks the host's own, `line_search` makes lines of the answer,
`other_names` has what else a file may call it),
`own_scripts` those that ifupdown or the DHCP client runs, `late_network` what waits for the network
at a boot, `resolved` the servers of systemd-resolved.
"""
