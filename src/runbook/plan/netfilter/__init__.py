"""What a ruleset does to a packet, and how two rulesets differ. Pure: the kernel is not asked.

`packet` is a packet, `rule` splits a rule into matches and target, `matches` says yes, no or
unknown, `walk` follows a packet through one chain and `path` through all of them. `native`
looks for nft tables that could drop a packet. `ruleset` applies iptables commands to the live
rules, `libvirt` has the rules that libvirt adds. `canonical`, `compare` and `expected` compare
rulesets. `owner` says whose rule it is.
"""
