"""A guest's own network configuration, edited, or the reason why it is not. Pure.

`edit` chooses by what manages the network: `ifupdown`, `netplan`, `networkd`. `wanted` is the
result that is asked for, `name_servers` edits /etc/resolv.conf, `by_hand` writes instructions
for a person.
"""
