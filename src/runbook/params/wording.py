"""What papermill or YAML made of a value, in words an operator can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runbook.params.source import Source

_NUMBER = (
    "papermill's -p turns 010 into 10, 9.10 into 9.1, 1_000 into 1000 and nan into a float;"
    " YAML 1.1, behind -y and -f, turns 52:54:00:12:34:56 into 41135085296"
)
_TRUTH = (
    "papermill's -p turns True and False into truth values; YAML 1.1, behind -y and -f,"
    " turns yes, no, on and off into them too"
)
_MADE_OF = {
    bool: ("a truth value", _TRUTH),
    int: ("a whole number", _NUMBER),
    float: ("a number with a fraction", _NUMBER),
    str: ("text", ""),
    list: ("a list", ""),
    tuple: ("a list", ""),
    dict: ("a mapping", ""),
}


def mistyped(field: str, value: object, source: Source, expected_type: str) -> tuple[str, str]:
    """Problem and fix for a value of the wrong type; both depend on where it came from."""
    kind, why = _MADE_OF.get(type(value), (f"a Python {type(value).__name__}", ""))
    problem = f"it must be {expected_type}, and arrived as {kind}{source.aside}"
    injected = source.kind == "injected"
    if injected and why and expected_type == "text":
        problem = f"{problem}; {why}"
    return problem, _fix(field, value, expected_type, injected=injected)


def _fix(field: str, value: object, expected_type: str, *, injected: bool) -> str:
    if expected_type == "a whole number" and isinstance(value, str):
        return f"give {expected_type}, without quotes; with papermill that is -p, not -r"
    if expected_type != "text":
        return f"give {expected_type}"
    if injected:
        return f"pass it as raw text: papermill … -r {field} VALUE"
    return f'put it in quotes: {field}: "VALUE"'
