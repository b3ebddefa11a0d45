"""Moves a Debian KVM host's address onto a libvirt bridge, and can always move it back."""
