"""Whatever another machine or a file says, a decoder reads it or refuses it with its own error."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from tests.unit.decoders import DECODERS
from tests.unit.odd import odd

SOURCE = Path(__file__).parents[2] / "src/runbook"
ROOMS = ("common", "params", "transport", "state", "plan", "apply", "guest", "run")
DECODES = re.compile(r"(?:loads|parse|parsed|decode)(?:_[a-z_]+)?")


@pytest.mark.parametrize("name", DECODERS)
def test_what_is_odd_is_read_or_refused_with_the_decoder_s_own_error(name: str) -> None:
    decoder = DECODERS[name]

    @settings(
        max_examples=max(5, settings().max_examples // decoder.cost),
        suppress_health_check=list(HealthCheck),
    )
    @given(odd(decoder.seeds))
    def holds(told: object) -> None:
        try:
            decoder.call(told)
        except decoder.raises:
            return

    holds()


@pytest.mark.parametrize("name", DECODERS)
def test_what_it_reads_well_is_not_refused(name: str) -> None:
    decoder = DECODERS[name]
    refused = 0
    for seed in decoder.seeds:
        try:
            decoder.call(seed)
        except decoder.raises:
            refused += 1
    assert refused < len(decoder.seeds)


def test_every_decoder_is_in_the_table() -> None:
    known = {name.partition(" ")[0] for name in DECODERS}
    there = {
        f"{'.'.join(path.relative_to(SOURCE).with_suffix('').parts)}.{node.name}"
        for room in ROOMS
        for path in (SOURCE / room).rglob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and DECODES.fullmatch(node.name)
    }
    assert there - known == set()
