"""Our dataclass behaves as the standard library's."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field
from typing import Any

import pytest

from runbook.common.dataclass import dataclass

# Two decorators of one form; mypy knows only one of them.
Decorator = Callable[..., Any]
OURS: Decorator = dataclass
THEIRS: Decorator = dataclasses.dataclass
BOTH = pytest.mark.parametrize("decorator", [OURS, THEIRS], ids=["ours", "the library's"])


def _made(decorator: Decorator, **words: bool) -> Decorator:
    @decorator(**words)
    class Thing:
        """A class with every kind of field."""

        name: str
        sizes: tuple[int, ...] = ()
        notes: list[str] = field(default_factory=list, compare=False)
        secret: str = field(default="x", repr=False)
        found: str = field(init=False, default="later")
        last: int = field(kw_only=True, default=3)

    return Thing


def _without_equality(decorator: Decorator) -> Decorator:
    @decorator(frozen=True, slots=True, eq=False)
    class Batch:
        """Each is only itself."""

        raw: bytes

    return Batch


def _with_own_methods(decorator: Decorator) -> Decorator:
    @decorator(frozen=True, slots=True)
    class Own:
        """It prints and makes itself in its own way."""

        number: int
        double: int = field(init=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "double", 2 * self.number)

        def __repr__(self) -> str:
            return f"<{self.number}>"

    return Own


FORMS = [
    {"frozen": True, "slots": True},
    {"frozen": True},
    {"slots": True},
    {"frozen": True, "slots": True, "repr": False},
]


@pytest.mark.parametrize("words", FORMS, ids=str)
@BOTH
def test_values_that_are_equal_compare_and_print_alike(
    decorator: Decorator, words: dict[str, bool]
) -> None:
    kind = _made(decorator, **words)
    one, same, other = kind("a", (1,), ["n"]), kind("a", sizes=(1,)), kind("b", last=4)
    assert one == same
    assert one != other
    assert one != _made(decorator, **words)("a", (1,))
    shown = "<locals>.Thing(name='a', sizes=(1,), notes=['n'], found='later', last=3)"
    assert repr(one).endswith(shown) == words.get("repr", True)
    assert (other.last, other.found, other.secret) == (4, "later", "x")
    assert dataclasses.replace(one, name="b").name == "b"
    assert dataclasses.asdict(other)["sizes"] == ()
    assert kind("a").notes is not kind("a").notes


@pytest.mark.parametrize("words", FORMS, ids=str)
@BOTH
def test_only_what_is_frozen_has_a_hash_and_refuses_to_change(
    decorator: Decorator, words: dict[str, bool]
) -> None:
    kind = _made(decorator, **words)
    one = kind("a")
    if not words.get("frozen"):
        one.name = "b"
        assert one.name == "b"
        with pytest.raises(TypeError, match="unhashable"):
            hash(one)
        return
    assert hash(one) == hash(kind("a"))
    assert len({one, kind("a"), kind("b")}) == 2
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'name'"):
        one.name = "b"
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del one.name
    assert one.name == "a"


@BOTH
def test_a_wrong_argument_is_refused_by_name(decorator: Decorator) -> None:
    kind = _made(decorator, frozen=True, slots=True)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'name'"):
        kind()
    with pytest.raises(TypeError, match="unexpected keyword argument 'found'"):
        kind("a", found="b")
    assert list(inspect.signature(kind).parameters) == ["name", "sizes", "notes", "secret", "last"]


@BOTH
def test_a_class_without_equality_is_told_apart_by_identity(decorator: Decorator) -> None:
    kind = _without_equality(decorator)
    one = kind(b"raw")
    assert one != kind(b"raw")
    assert len({one, kind(b"raw")}) == 2


@BOTH
def test_the_methods_of_a_class_itself_stay(decorator: Decorator) -> None:
    own = _with_own_methods(decorator)(4)
    assert repr(own) == "<4>"
    assert own.double == 8
    assert not hasattr(own, "__dict__")


@dataclass(frozen=True, slots=True)
class Sent:
    """It is at the top of a module, so that it can be sent to another process."""

    name: str
    sizes: tuple[int, ...] = ()


def test_a_frozen_value_survives_a_copy_and_the_way_to_another_process() -> None:
    sent = Sent("a", (1, 2))
    assert pickle.loads(pickle.dumps(sent)) == sent  # noqa: S301 - our own
    assert copy.deepcopy(sent) == sent
    assert copy.copy(sent) == sent
