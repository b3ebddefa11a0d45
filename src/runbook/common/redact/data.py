"""Removes secrets from values of any kind, however deep they are nested."""

from __future__ import annotations

import html
import json
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from runbook.common.redact.names import REDACTED, is_secret
from runbook.common.redact.text import redact_bytes, redact_prose, without

# A shorter value stands in too many innocent words to be taken out of them.
SHORTEST = 4


def quotable(name: str, value: object) -> object:
    """The value as an error may quote it: an error is in a log, and in an executed notebook."""
    return _withheld(value) if is_secret(name) else redact(value)


def redact(value: object, secrets: tuple[str, ...] = ()) -> object:
    """The value without secrets: by the name they have in it, by their form, and `secrets`.

    What is made of parts comes back as dictionaries and lists, as JSON has them.
    """
    value = _as_data(value)
    if isinstance(value, Mapping):
        return {_text(k, secrets): _named(k, inner, secrets) for k, inner in value.items()}
    if isinstance(value, list):
        return [redact(inner, secrets) for inner in value]
    if isinstance(value, bytes):
        return redact_bytes(value)
    return _text(value, secrets)


def secrets_in(values: object) -> tuple[str, ...]:
    """The values that have the names of secrets, as text in each way to write it, longest first."""
    told = {way for value in _secrets(values) if len(value) >= SHORTEST for way in _ways(value)}
    return tuple(sorted(told, key=lambda text: (-len(text), text)))


def _as_data(value: object) -> object:
    # A pydantic model, known by its method: `runbook --help` loads no pydantic.
    if not isinstance(value, type) and callable(dump := getattr(value, "model_dump", None)):
        return dump()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return list(value) if isinstance(value, tuple | set | frozenset) else value


def _named(name: object, value: object, secrets: tuple[str, ...]) -> object:
    return _withheld(value) if is_secret(str(name)) else redact(value, secrets)


def _withheld(value: object) -> object:
    """Everything in the value taken out but whether there is one."""
    value = _as_data(value)
    if isinstance(value, Mapping):
        return {key: _withheld(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_withheld(inner) for inner in value]
    return value if value is None or isinstance(value, bool) or value == "" else REDACTED


def _text(value: object, secrets: tuple[str, ...]) -> object:
    if not isinstance(value, str):
        return value
    redacted = without(redact_prose(value), secrets)
    return value if redacted == value else redacted


def _secrets(value: object, *, named: bool = False) -> Iterator[str]:
    value = _as_data(value)
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _secrets(inner, named=named or is_secret(str(name)))
    elif isinstance(value, list):
        for inner in value:
            yield from _secrets(inner, named=named)
    elif named and value is not None and not isinstance(value, bool):
        yield value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _ways(value: str) -> Iterator[str]:
    """The value as it is, and as JSON, Python, HTML and a URL write it."""
    yield value
    yield json.dumps(value)[1:-1]
    yield repr(value)[1:-1]
    yield html.escape(value)
    yield html.escape(value, quote=False)
    yield urllib.parse.quote(value, safe="", errors="replace")
    yield from (line for line in value.splitlines() if len(line) >= SHORTEST)
