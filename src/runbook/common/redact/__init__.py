"""Removes secrets from everything that runbook writes, shows or logs.

`names` says which names are those of secrets, `forms` what is one by its form, `commands` what is
one by the program that it is told, `values` where a
value behind a name ends, `below` which lines under it belong to it. `text` puts these together
for text and bytes, `words` for command lines, `xml` for libvirt's documents,
`data` for nested values, `source` and `notebook` for executed notebooks.
"""

from __future__ import annotations

from runbook.common.redact.data import quotable, redact, secrets_in
from runbook.common.redact.names import REDACTED, is_secret
from runbook.common.redact.notebook import redact_notebook, redacted_notebook
from runbook.common.redact.text import redact_bytes, redact_prose, redact_text, without
from runbook.common.redact.words import redact_argv
from runbook.common.redact.xml import redact_xml

__all__ = [
    "REDACTED",
    "is_secret",
    "quotable",
    "redact",
    "redact_argv",
    "redact_bytes",
    "redact_notebook",
    "redact_prose",
    "redact_text",
    "redact_xml",
    "redacted_notebook",
    "secrets_in",
    "without",
]
