"""A guest's own network configuration, edited, or the reason why it is not. Pure.

`edit` chooses by what manages the network: `ifupdown`, `netplan`, `networkd`. `guest_edit` has
the network that is asked for and the edit, `off_link` knows the routes to a gateway off the link,
`name_servers` edits /etc/resolv.conf, `by_hand` writes instructions for a person.
"""
