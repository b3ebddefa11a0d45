"""What every package may use: it knows nothing about hosts, networks or notebooks.

`errors` has the errors that an operator meets, named by what to do about them. `redact` removes
secrets from records and errors. `clock` is the clock, passed in, `moments` writes a moment for
people. `serial` writes plans and promises as JSON and reads them back. `atomic_files` writes a file
whole or not at all. `folders` says where params/ and outputs/ are. `debian_packages` names the
Debian package that has a program. `octets` makes text of a host's bytes and bytes of the text,
without loss. `handed_files` reads files that somebody else may have made. `debug_log` writes what
RUNBOOK_LOG=debug asks for. `printable` spells out the characters that would drive a terminal,
`shallow_yaml` refuses YAML that is nested deep, `shell_pattern` matches a name in bounded time.
`room` measures how much a folder can still take. `later` imports pandas when it is first used.
"""
