"""What the network is inside a guest.

`inside` runs `inside.sh` in the guest and says what manages its network; `gathered` parses the
answer. `files` is a configuration file as it was read, `secrets` says which files may hold a
secret, `dhcp_clients` which client serves the NIC. `sightings` lists the addresses of a guest
that its host can see, and how each was seen.
"""
