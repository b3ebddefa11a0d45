"""The test bed: real Debian systems on a LAN of network namespaces, inside one machine.

docs/reference/lab.md explains it. `lab` is the whole, `cli` its commands, `names` every name
and address. A host is `machine`, its file system `rootfs` (with `debootstrap` and
`recipes.toml`), its network `wiring`, its access `access`, its control group `cgroups`. Packages
that a test installs are in `extra_packages`. A guest is `guest` with `guest_xml`, its disk
`guest_disk`, `guest_debian`, `guest_managers`, `guest_lent` and `guest_image`. `probe` and
`prober` measure an outage. `limits` and `shell` are helpers.
"""
