"""The host as it will be: after the plan, and after its next boot. Pure.

`after_plan` is the snapshot as the plan will leave it, `boot` what a boot then does in order,
`wiring` the links, ports and addresses for the drawing.
"""
