"""Changes as frozen data: each knows its before, its after, its steps and its undo.

A change performs nothing. `change` has what all changes share, `steps` the kinds of step,
`file_steps` those on files, `waits` those that wait, `messages` the netlink requests, `processes`
the steps that end and start a DHCP client, `aside` those that move its leases, `two_bridges` those
that bring an adopted bridge back, `idle_ports` one for NICs that a bond does not use. One file a
thing changed: `attach` (onto a bridge that is there), `adopt` (in its place), `bridge_client` (DHCP
on the bridge), `bridge_ports` (the cutover), `bridge_mac`, `nic_name`, `routes`, `networks` (with
`network_xml`, `network_hook` and `network_hook6`),
`network_online` (what network-online.target waits for), `ipv6`, `ipv6_switches`, `conntrack`,
`firewall`, `profile`, `sysctl`, `leases`, `files`.

The steps in a guest are in `guest_steps`, the changes to a guest in the package `guest`. `revert`
takes a confirmed change back, by `revert_steps`; `undo_parts` says in which part of an undo a
step is.
"""
