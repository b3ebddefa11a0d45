"""What the operator asks for: a host's YAML file and injected values, validated.

``for_host`` returns a frozen `Params`; each value says where it came from. ``known_host`` reads
only the way to the host, which is all that ending a change needs. Whatever is wrong is a
`ParameterError` that names the field, the value as it arrived and the fix. Nothing here
contacts a host.

`model` has names, types, defaults and what must fit together; `fields`, `addresses` and
`destination` say what one value must look like, `libvirt_uri` which of libvirt's URIs lead to
the host that is asked for; `file` reads YAML without its surprises;
`resolve` puts the sources together; `guests` is one guest's entry. `access` is the way to a
host that has no file yet, `known_host` the way to a host whose file may be wrong, `listing`
every host with a file, `change_request` what is said of one change. `draft`, `edit` and `scalar`
write a file and leave what did not change as it is. `source`, `table`, `suggest`, `wording` and
`namespace` explain values and names to the operator.
"""

from __future__ import annotations

from runbook.params.access import ACCESS, Access, KnownHost
from runbook.params.change_request import (
    NOTHING_SAID,
    REQUEST_NAMES,
    WORDS,
    ChangeRequest,
    change_request,
)
from runbook.params.file import ParamsFile, read
from runbook.params.known_host import known_host
from runbook.params.listing import Described, listing
from runbook.params.model import NAMES, Params
from runbook.params.namespace import check_names, unknown_names
from runbook.params.resolve import (
    access,
    existing_file,
    faults,
    faults_for_host,
    for_host,
    resolve,
)
from runbook.params.source import Source
from runbook.params.table import ParameterRow, as_document, as_rows, as_table

__all__ = [
    "ACCESS",
    "NAMES",
    "NOTHING_SAID",
    "REQUEST_NAMES",
    "WORDS",
    "Access",
    "ChangeRequest",
    "Described",
    "KnownHost",
    "ParameterRow",
    "Params",
    "ParamsFile",
    "Source",
    "access",
    "as_document",
    "as_rows",
    "as_table",
    "change_request",
    "check_names",
    "existing_file",
    "faults",
    "faults_for_host",
    "for_host",
    "known_host",
    "listing",
    "read",
    "resolve",
    "unknown_names",
]
