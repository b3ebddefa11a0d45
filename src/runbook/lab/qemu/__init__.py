"""Hosts that boot their release's own Debian kernel, emulated by QEMU without KVM.

`host` has the verbs. `image` is the release's file system with kernel and initramfs, `golden` the
snapshot of a booted host. `command` is QEMU's command line, `process` its process, `console` a
command in the host by the guest agent, `sockets` the line to either.
"""
