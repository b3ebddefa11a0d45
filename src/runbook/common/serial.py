"""Plans and promises as JSON text: stable, readable, with each value's type beside it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from ipaddress import IPv4Interface
from types import MappingProxyType
from typing import Any, get_type_hints

from runbook.common import octets

# Of a field that a later version brought: an older plan, and its digest, are still the same.
LATER: Mapping[str, bool] = MappingProxyType({"later": True})
NOT_OURS = "runbook did not write it, or somebody has changed it since"
UNKNOWN = "which this version of runbook does not know"


def dumps(value: object) -> str:
    """Deterministic JSON for dataclasses, tuples, bytes, addresses and plain values."""
    text = json.dumps(plain(value), indent=1, sort_keys=True, ensure_ascii=False)
    return octets.valid_json(text)


def plain(value: object) -> object:
    """The value in JSON's own types; a dataclass gains its name under 'is'."""
    if is_dataclass(value) and not isinstance(value, type):
        inner = {f.name: plain(getattr(value, f.name)) for f in fields(value) if _told(value, f)}
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


def _told(value: object, field: Field[Any]) -> bool:
    """Whether a field is written: one that a later version brought, only if it says something."""
    return not (field.metadata.get("later") and getattr(value, field.name) == field.default)


def loads(text: str, kinds: Iterable[type]) -> object:
    """What `dumps` was given; raises ValueError for a dataclass that is none of `kinds`."""
    known = {kind.__name__: kind for kind in kinds}
    try:
        return _built(json.loads(text), object, known)
    except (TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(NOT_OURS) from error


def check_fields(kind: type, given: Iterable[str]) -> None:
    """Raise ValueError if `given` are not the names of the fields of `kind`, a dataclass.

    Another version of this program may have written them.
    """
    names = tuple(given)
    of_kind = {f.name: f.default is f.default_factory is MISSING for f in fields(kind)}
    for name in names:
        if name not in of_kind:
            raise ValueError(f"its {kind.__name__!r} has {name!r}, {UNKNOWN}")
    for name, required in of_kind.items():
        if required and name not in names:
            raise ValueError(f"its {kind.__name__!r} has no {name!r}")


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
    if name not in known:
        raise ValueError(f"it holds {name!r}, {UNKNOWN}")
    kind = known[name]
    check_fields(kind, inner)
    hints = get_type_hints(kind)
    return kind(**{field: _built(value, hints[field], known) for field, value in inner.items()})
