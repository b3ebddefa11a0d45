"""Plans and promises as JSON text: stable, readable, with each value's type beside it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from ipaddress import IPv4Interface
from typing import Any, get_type_hints


def dumps(value: object) -> str:
    """Deterministic JSON for dataclasses, tuples, bytes, addresses and plain values."""
    return json.dumps(plain(value), indent=1, sort_keys=True, ensure_ascii=False)


def plain(value: object) -> object:
    """The value in JSON's own types; a dataclass gains its name under 'is'."""
    if is_dataclass(value) and not isinstance(value, type):
        inner = {f.name: plain(getattr(value, f.name)) for f in fields(value)}
        return {"is": type(value).__name__, **inner}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return {"is": "bytes", "base64": base64.b64encode(value).decode()}
    if isinstance(value, IPv4Interface):
        return str(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    message = f"{type(value).__name__} has no JSON form"
    raise TypeError(message)


def loads(text: str, kinds: Iterable[type]) -> object:
    """What `dumps` was given; raises ValueError for a dataclass that is none of `kinds`."""
    known = {kind.__name__: kind for kind in kinds}
    try:
        return _built(json.loads(text), object, known)
    except (TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _built(value: Any, hint: object, known: Mapping[str, type]) -> object:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return tuple(_built(item, object, known) for item in value)
    if isinstance(value, dict):
        return _named(dict(value), known)
    # JSON has one kind of text; the field says which it was.
    if isinstance(hint, type) and issubclass(hint, StrEnum | IPv4Interface):
        return hint(value)
    return value


def _named(inner: dict[str, Any], known: Mapping[str, type]) -> object:
    name = str(inner.pop("is"))
    if name == "bytes":
        return base64.b64decode(inner["base64"], validate=True)
    kind = known[name]
    hints = get_type_hints(kind)
    return kind(**{field: _built(value, hints[field], known) for field, value in inner.items()})
