"""The test bed: real Debian systems on a LAN of network namespaces, inside one machine.

docs/reference/lab.md explains it. `lab` is the whole, `cli` its commands, `names` every name
and address. A host is `machine`, which knows two kinds, made of `hardware`: `nspawn`, with its
file system `rootfs` (with `debootstrap`, `recipes.toml`, and `extra_packages` that a test installs)
and its control group `cgroups`, and the package `qemu`. Both have `host_files`, `booting`, their
network `wiring` and their access `access`. A guest is `guest` with `guest_xml`, its disk
`guest_disk`, `guest_debian`, `guest_managers`, `guest_lent` and `guest_image`. `probe` and `prober`
measure an outage. `limits` and `shell` are helpers.
"""
