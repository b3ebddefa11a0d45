"""What a ruleset does to a packet, and how two rulesets differ. Pure: the kernel is not asked."""
