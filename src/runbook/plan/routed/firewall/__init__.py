"""The firewall in the procedure for a host.

`twins` copies each rule that names the NIC for the bridge, `profile` has what `keep`, `accept`
and `drop` mean, `rules_file` reads the parameter `rules`. `live` makes changes to the live
rules of both, `saved` to the files that a boot loads, `rules_comparison` explains each
difference at the end.
"""
