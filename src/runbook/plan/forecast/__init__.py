"""The host as it will be: after the plan, and after its next boot. Pure.

`after_plan` is the snapshot as the plan will leave it, `boot` what a boot then does in order:
`boot_ifupdown` the part of ifupdown (`stanza_effects`, what a stanza does there that is wrong),
`boot_libvirt` that of libvirt, `boot_effect` one thing that it does. `loaders` says what reads a
file at a boot, `named_lines` which of its lines lack the bridge, `mended_lines` how such a line has
to read, `hook_scripts` what a script of ifupdown asks for and does, `wiring` the links, ports and
addresses for the drawing, `summary` what the plan comes to in numbers.
"""
