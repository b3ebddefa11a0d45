"""The procedure for a host: its address moves from the NIC onto the bridge.

`procedure` makes the plan, `desired_state` the promise, `facts` picks what they need out of a
snapshot. The other files each carry one part over to the bridge: `interfaces` (with
`stanza_commands`, the commands of a stanza, `stanza_refusals`, and `no_stanza`, for an interface
without one),
`dhcp_clients` (with `bridge_client`, for a client that goes on on the bridge), `routes`, `sysctls`,
`ipv4` (the further addresses), `ipv6`, and the package `firewall`. `handing_over` asks whether
frames may go by the bridge before the routes do. `refusals` collects what they refuse. `attach` is
the whole plan for a host whose address is on a bridge already, `adopt` what passes from such a
bridge to libvirt's.
"""
