"""The manifest of a record, and what proves that nobody has altered the record since.

`statement` has the form of a manifest (in-toto Statement v1), `predicate` the fields in it.
`person` says who runs this program, `versions` which program it is, `begin` writes both at the
start of a run. `files` tells a record's files from its manifest, `absence` computes how long the
host did not answer. `make_manifest` reads a run folder and makes its manifest, `seal` writes it as
the last file, `signature` signs it with an SSH key, `approval_text` is what an approver signs,
`witness` leaves its digest on the host,
`manifest` reads it back and verifies it. `audit` holds a host against its last record, `timeline`
is what happened to one host, `confirmed` is the record that a revert is made from, `card` is the
first page of a record, `told_outcome` the outcome in its notebook, `link` joins a record to the one
that ended its change.

`entry` is a record in a list, `read_entry` reads it off its folder, `texts` is what a search looks
through, `index` the register of all. `show` tells one record, `compare` two. `verification` says
what to verify, `audit_trail` verifies all records together, `on_hosts` holds them against the
hosts. `bag` exports them, `crate` describes the export. `later_manifest` is for what joins a sealed
record. `listing` prints records a line each. `host_says` is how the change of a run that died
ended, `close` closes a record that needed a person, `handover` moves old ones out, and
`handed_over` still knows them. `cli` has the commands.
"""
