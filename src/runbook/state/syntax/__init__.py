"""The syntax of files and rulesets. Pure: text in, typed values out.

`ifupdown` is /etc/network/interfaces, `iptables_save` the format of iptables-save (it writes
back what it read, byte for byte), `netplan` which of netplan's files name a NIC, `sysctl_d` the
result of all files of sysctl.d, `cloud_init` what cloud-init's files say of the network,
`nic_commands` what a line of a script does to an interface, `shell_variables` which variables hold
a name.
"""
