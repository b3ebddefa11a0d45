from __future__ import annotations

import pytest
from tests.unit.fakes import FakeHost
from tests.unit.state.recorded import as_documented, column

from runbook.common.errors import ReadFailed
from runbook.state import units
from runbook.transport.host import Completed

INSTALLED = {"networking.service": "enabled", "libvirtd.service": "disabled"}


def said(*left_out: str) -> str:
    """What systemctl says, but for some units; those not installed have no state."""
    blocks = [
        f"Id={name}\nLoadState={'loaded' if name in INSTALLED else 'not-found'}\n"
        f"UnitFileState={INSTALLED.get(name, '')}\n"
        for name in reversed(units.NAMES)
        if name not in left_out
    ]
    return "\n".join(blocks)


def asking(text: str, returncode: int = 0) -> FakeHost:
    done = Completed(units.ASK, returncode, text.encode(), b"Failed to connect to bus")
    return FakeHost(answers=[lambda argv: done if tuple(argv) == units.ASK else None])


@pytest.mark.parametrize(
    "text", ["", "\n", "Id=a", "nonsense", said("libvirtd.service"), said().replace("Load", "L")]
)
def test_half_an_answer_is_none(text: str) -> None:
    with pytest.raises(ReadFailed, match="units makes no sense"):
        units.read(asking(text))


def test_a_systemctl_that_cannot_ask_is_told_in_its_own_words() -> None:
    with pytest.raises(ReadFailed, match="Failed to connect to bus") as failed:
        units.read(asking(said(), 1))
    assert failed.value.host == "server-01"


def test_each_unit_and_whether_a_boot_starts_it() -> None:
    table = units.read(asking(said()))
    assert as_documented(table, units.TABLE)
    states = dict(zip(column(table, "name"), column(table, "state"), strict=True))
    assert {name: state for name, state in states.items() if state} == INSTALLED
    assert len(table) == len(units.NAMES)
