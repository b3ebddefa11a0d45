"""What the operator asked for: a host's YAML file plus injected values, validated.

``for_host`` returns a frozen `Params` whose every value says where it came from.
``known_host`` reads only what leads to the host: all that ending a change needs.
Whatever is wrong is a `ParameterError` naming the field, the value as it arrived
and the fix. Nothing here contacts a host.
"""

from __future__ import annotations

from runbook.params.access import ACCESS, Access, KnownHost
from runbook.params.file import ParamsFile, read
from runbook.params.known_host import known_host
from runbook.params.listing import Described, listing
from runbook.params.model import NAMES, Params
from runbook.params.namespace import check_names, unknown_names
from runbook.params.resolve import (
    access,
    existing,
    faults,
    faults_for_host,
    for_host,
    resolve,
)
from runbook.params.source import Source
from runbook.params.table import as_table

__all__ = [
    "ACCESS",
    "NAMES",
    "Access",
    "Described",
    "KnownHost",
    "Params",
    "ParamsFile",
    "Source",
    "access",
    "as_table",
    "check_names",
    "existing",
    "faults",
    "faults_for_host",
    "for_host",
    "known_host",
    "listing",
    "read",
    "resolve",
    "unknown_names",
]
