"""Performs one step, and writes it in the journal before and after.

`perform` makes a step of any kind: those that wait are in `waits`, and `commands` runs a program
that has to succeed. Nothing else acts on a step. `journal` is the change's journal on the host.
`hand_over` has frames go by another way while an interface becomes a port, `idle_ports` keeps
NICs quiet that a bond does not use. `netlink_bytes` and `ndp_bytes` make the bytes that are sent.
"""
