"""What a host looks like to somebody who is about to write its parameters. Pure.

`nics` lists the interfaces that could be meant, `candidates` chooses one or says why there is none,
`offer` has a value for each parameter and where it comes from, `judge` says what is wrong with
values on this host.
"""
