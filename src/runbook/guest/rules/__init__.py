"""The preflight rules for guests. Pure.

`judge` asks all of them; `case` is what a rule may look at. One file a subject: `address`,
`nic`, `inside` (is there a way in, and may the configuration be changed), `reachability`
(does the guest have to answer this machine afterwards). `typed` says the same of the values in
the form, while they are typed.
"""
