"""What the network is inside a guest.

`reader` runs `inside.sh` in the guest, `gathered` takes the answer apart, `answers` puts it
together as `inside`, and `managers` says which network manager has the NIC. `files` is a
configuration file as it was read, `secrets` says which files may hold a secret,
`dhcp_command_lines` which client serves the NIC. `sightings` lists the addresses of a guest
that its host can see, and how each was seen.
"""
