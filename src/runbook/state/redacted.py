"""Redacts rows of an earlier version's snapshot by today's rules.

Otherwise a secret that only the later of two programs takes out would look like a change.
"""

from __future__ import annotations

import shlex
from typing import Any

from runbook.common.redact import redact_argv, redact_text, redact_xml
from runbook.state import nftables
from runbook.state.files import FileRow, as_text
from runbook.state.firewall import FirewallRow
from runbook.state.guests import TapRow
from runbook.state.leases import LeaseRow
from runbook.state.networks import NetworkRow
from runbook.state.nftables import NftablesRow


def redacted(row: Any) -> Any:  # noqa: ANN401 - a row of any table
    """The row; itself where its table has no text of people's."""
    match row:
        case FileRow():
            read = as_text(row)
            return read._replace(content=redact_text(read.content))
        case FirewallRow():
            return row._replace(rule=redact_text(row.rule))
        case NftablesRow():
            return row._replace(rule=nftables.redacted(row.rule))
        case LeaseRow():
            return row._replace(argv=_argv(row.argv))
        case NetworkRow() | TapRow():
            defined, live = redact_xml(row.defined_xml), redact_xml(row.live_xml)
            return row._replace(defined_xml=defined, live_xml=live)
        case _:
            return row


def _argv(line: str) -> str:
    try:
        words = tuple(shlex.split(line))
    except ValueError:
        return redact_text(line)
    words_redacted = redact_argv(words)
    return line if words_redacted == words else shlex.join(words_redacted)
