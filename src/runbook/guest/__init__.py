"""A guest of the host that comes along: its procedure, its sessions, its checks on the LAN."""
