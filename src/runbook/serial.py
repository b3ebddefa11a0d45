"""Plans and promises as JSON text: stable, readable, with each value's type beside it."""

from __future__ import annotations

import base64
import json
from dataclasses import fields, is_dataclass
from ipaddress import IPv4Interface


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
