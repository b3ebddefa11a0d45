"""The changes to make: parameters and a snapshot become a plan. No I/O.

`plan` has the ordered changes, their numbered steps, the deadline and the digest that an
approval is bound to. `plan_classes` finds every dataclass of a plan, so that a plan can be
read back. Packages: `changes` (what can be changed), `netfilter` (what a ruleset does),
`promise` (the desired state), `routed` (the procedure for a host), `revert` (takes a
confirmed change back), `forecast` (the host after the plan).
"""
