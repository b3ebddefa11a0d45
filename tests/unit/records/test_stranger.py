"""docs/records.md names no place that a record cannot have; a real change fills each of them."""

from __future__ import annotations

from typing import Any

import pytest
from tests import bench
from tests.stranger import places, rows

from runbook.records.predicate import Manifest

QUESTIONS = rows("# What a record answers")
FRAMEWORKS = rows("## What frameworks ask for")
ALL = [*QUESTIONS.values(), *FRAMEWORKS.values()]
PLACES = sorted({place for cell in ALL for place in places(cell)})


def test_the_tables_are_read() -> None:
    assert len(QUESTIONS) == 14
    assert len(FRAMEWORKS) == 15
    assert ("record.json", "predicate.operator.person") in PLACES


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_question_has_a_place(question: str) -> None:
    assert places(QUESTIONS[question])


@pytest.mark.parametrize("name", sorted({name for name, _ in PLACES if "." in name}))
def test_each_file_is_one_that_a_confirmed_change_leaves(name: str) -> None:
    assert name in bench.PRODUCTS


@pytest.mark.parametrize("field", [field for name, field in PLACES if name == "record.json"])
def test_each_field_is_in_the_schema_with_a_description_or_a_plain_name(field: str) -> None:
    schema: dict[str, Any] = Manifest.model_json_schema(by_alias=True)
    here = schema
    for part in field.split("."):
        here = _resolved(schema, here)["properties"][part]
    assert here


def _resolved(schema: dict[str, Any], here: dict[str, Any]) -> dict[str, Any]:
    for kind in (here, *here.get("anyOf", ())):
        if "$ref" in kind:
            found: dict[str, Any] = schema["$defs"][kind["$ref"].rpartition("/")[2]]
            return found
    return here
