"""The standard library's `dataclass`, in a fifth of its time.

That one writes the source of six methods for each class and compiles it. With the 360 classes that
a run imports, this takes a tenth of a second. Here only `__init__` is compiled; the others are the
same few functions for all classes. `fields`, `replace` and `asdict` are the standard library's.
"""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING, FrozenInstanceError
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, NoReturn

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from dataclasses import Field, dataclass

    Fields = Sequence[Field[Any]]
else:

    def dataclass(
        *,
        init: bool = True,
        repr: bool = True,  # noqa: A002
        eq: bool = True,
        frozen: bool = False,
        slots: bool = False,
        weakref_slot: bool = False,
    ) -> Callable[[type], type]:
        """As `dataclasses.dataclass`; it takes these words of it."""
        plain = dataclasses.dataclass(
            init=init and not frozen, repr=False, eq=False, slots=slots, weakref_slot=weakref_slot
        )

        def decorated(cls: type) -> type:
            made = plain(cls)
            fields = dataclasses.fields(made)
            if repr:
                _add(made, _repr(fields))
            if eq:
                _add(made, _eq(fields))
                if made.__dict__.get("__hash__") is None:
                    made.__hash__ = _hash(fields) if frozen else None
            if frozen:
                _add(made, __setattr__, __delattr__, __getstate__, __setstate__)
                if init:
                    _add(made, _init(made, fields))
            return made

        return decorated


def _add(cls: type, *methods: Callable[..., Any]) -> None:
    """Give the class these methods, unless it has its own of that name."""
    for method in methods:
        if method.__name__ not in cls.__dict__:
            setattr(cls, method.__name__, method)


def _init(cls: type, fields: Fields) -> Callable[..., None]:
    """`__init__` of a frozen class, which has to get round its own `__setattr__`."""
    given: dict[str, object] = {"_set": object.__setattr__, "_missing": MISSING}
    words, named, body = ["self"], ["*"], ["pass"]
    for field in fields:
        name, value = field.name, field.name
        if field.default is not MISSING:
            given[f"_of_{name}"] = field.default
        elif field.default_factory is not MISSING:
            given[f"_new_{name}"], given[f"_of_{name}"] = field.default_factory, MISSING
            value = f"_new_{name}() if {name} is _missing else {name}"
        preset = f"_of_{name}" in given
        if field.init:
            (named if field.kw_only else words).append(f"{name}=_of_{name}" if preset else name)
        elif preset:
            body.append(f"{name} = _of_{name}")
        if field.init or preset:
            body.append(f"_set(self, {name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    words += named if len(named) > 1 else []
    made: dict[str, Any] = {}
    # Of the class's own names, and as the standard library does it.
    exec(f"def __init__({', '.join(words)}):\n " + "\n ".join(body), given, made)  # noqa: S102
    method: Callable[..., None] = made["__init__"]
    method.__qualname__ = f"{cls.__qualname__}.__init__"
    return method


def _values(fields: Fields) -> Callable[[object], tuple[object, ...]]:
    """What gives the values of so many fields."""
    names = [field.name for field in fields]
    if len(names) > 1:
        return attrgetter(*names)
    return lambda self: tuple(getattr(self, name) for name in names)


def _eq(fields: Fields) -> Callable[[object, object], bool]:
    values = _values([field for field in fields if field.compare])

    def __eq__(self: object, other: object) -> bool:  # noqa: N807
        if other.__class__ is not self.__class__:
            return NotImplemented
        return values(self) == values(other)

    return __eq__


def _hash(fields: Fields) -> Callable[[object], int]:
    values = _values([f for f in fields if (f.compare if f.hash is None else f.hash)])
    return lambda self: hash(values(self))


def _repr(fields: Fields) -> Callable[[object], str]:
    names = [field.name for field in fields if field.repr]

    @recursive_repr()
    def __repr__(self: object) -> str:  # noqa: N807
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{self.__class__.__qualname__}({shown})"

    return __repr__


def __setattr__(self: object, name: str, value: object) -> NoReturn:  # noqa: N807, ARG001
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def __delattr__(self: object, name: str) -> NoReturn:  # noqa: N807, ARG001
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def __getstate__(self: Any) -> list[object]:  # noqa: N807, ANN401 - a dataclass
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def __setstate__(self: Any, state: Sequence[object]) -> None:  # noqa: N807, ANN401 - likewise
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)
