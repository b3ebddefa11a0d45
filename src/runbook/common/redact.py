"""Secrets are known by the names they go by, and their values are taken out.

No parameter of this package is a secret. What is caught here is what somebody
injects or writes by mistake, before it is kept in a record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

REDACTED = "<redacted>"
_NAMES = re.compile(
    r"pass(wd|word|phrase)?$|passw|passphrase|secret|token|credential"
    r"|(^|_)(psk|pin|auth)($|_)|(api|private|access|pre_?shared|ssh)_?key",
    re.IGNORECASE,
)
# A shorter value stands in too many innocent words to be taken out of them.
SHORTEST = 4
# Where no name tells: in a URL, as curl's and wget's user, in a header of HTTP.
_CREDENTIALS = re.compile(
    r"(://[^\s/:@]+:(?=[^\s/]*@)|(?:^|\s)(?:-u|-U|--(?:proxy-)?user)[ =]?[\"']?[^\s:\"']+:"
    r"|authorization:\s*\w+\s+|\bbearer\s+)([^\s@\"']+)",
    re.IGNORECASE | re.MULTILINE,
)
_GIVEN = re.compile(r"(-{0,2})([A-Za-z][\w-]*)([\"']?[ \t]*[:=][ \t]*|[ \t]+)(?=\S)")
_ASSIGNMENT = re.compile(r"^(\s*)(\w+)(\s*=\s*)(.*)$")


def is_secret(name: str) -> bool:
    """Whether a value of this name is not to be kept."""
    return _NAMES.search(name.replace("-", "_")) is not None


def shown(name: str, value: object) -> object:
    """The value as an error may quote it: an error is in a log, and in an executed notebook."""
    return REDACTED if is_secret(name) else value


def secrets_in(values: Mapping[str, object]) -> tuple[str, ...]:
    """The values that have secret names, as text, the longest first."""
    found = {str(v) for k, v in values.items() if is_secret(k) and v is not None}
    return tuple(sorted((v for v in found if v), key=len, reverse=True))


def redact(value: object, secrets: tuple[str, ...] = ()) -> object:
    """JSON-like data without secrets: by the key they stand under, and wherever they recur."""
    if isinstance(value, Mapping):
        return {
            k: REDACTED
            if is_secret(str(k)) and isinstance(v, str | int | float)
            else redact(v, secrets)
            for k, v in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact(item, secrets) for item in value]
    return redact_text(value, secrets) if isinstance(value, str) else value


def redact_text(text: str, secrets: tuple[str, ...]) -> str:
    """The text with every occurrence of the secrets taken out."""
    for secret in secrets:
        if len(secret) >= SHORTEST:
            text = text.replace(secret, REDACTED)
    return text


def redact_credentials(text: str) -> str:
    """The text without passwords that no name tells of: ``//user:WORD@``, ``-u user:WORD``."""
    return _CREDENTIALS.sub(lambda found: found[1] + REDACTED, text)


def redact_line(line: str) -> str:
    """A line that anybody may have written, up to the value of what has a secret name."""
    for found in _GIVEN.finditer(line):
        # A name in a sentence has a space behind it, and so has an option: that one has a dash.
        if is_secret(found[2]) and (found[1] or not found[3].isspace()):
            return line[: found.end()] + REDACTED
    return redact_credentials(line)


def redact_notebook(buf: str) -> str:
    """An executed notebook's JSON without the values of secret-looking parameters."""
    try:
        notebook = json.loads(buf)
    except json.JSONDecodeError:
        # Not a notebook, so there is no parameter in it.
        return buf
    told = notebook.get("metadata", {}).get("papermill", {})
    secrets = {**told.get("parameters", {}), **told.get("environment_variables", {})}
    if not any(is_secret(name) for name in secrets):
        return buf
    for cell in notebook["cells"]:
        if "injected-parameters" in cell["metadata"].get("tags", []):
            cell["source"] = _without_values(cell["source"])
    cleaned = redact(notebook, secrets_in(secrets))
    return json.dumps(cleaned, indent=1, ensure_ascii=False) + "\n"


def _without_values(source: str | list[str]) -> str:
    lines = (source if isinstance(source, str) else "".join(source)).splitlines()
    return "\n".join(_line(line) for line in lines)


def _line(line: str) -> str:
    found = _ASSIGNMENT.match(line)
    if found is None or not is_secret(found[2]):
        return line
    return f"{found[1]}{found[2]}{found[3]}{REDACTED!r}"
