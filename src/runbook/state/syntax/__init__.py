"""The grammars of files: interfaces, iptables-save, netplan, sysctl.d."""
