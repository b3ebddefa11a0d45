"""What a revert is asked for: the host, the change, and its record; nothing is contacted."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from tests import older
from tests.unit.notebook.test_stages import page
from tests.unit.records.test_manifest import NOON

from runbook.common.errors import CorrectParameters, ParameterError
from runbook.notebook.revert import command
from runbook.notebook.revert.request import parameters, want
from runbook.records.seal import seal
from runbook.run.record import Folder

CHANGE = older.CONFIRMED.change_id


@pytest.fixture
def recorded(home: Path) -> Path:
    """A home with the record of a confirmed change."""
    folder = home / "outputs" / "server-01" / CHANGE
    shutil.copytree(older.CONFIRMED.record, folder)
    seal(Folder(folder), NOON)
    return folder


def test_without_a_record_nothing_is_contacted_and_it_says_where_the_record_is(home: Path) -> None:
    assert home.exists()
    with pytest.raises(CorrectParameters, match="no record of a confirmed change") as raised:
        want({"host": "server-01"})
    assert "copy the run folder" in raised.value.then


def test_the_command_says_the_same_and_ends_with_an_error(home: Path) -> None:
    assert home.exists()
    with pytest.raises(CorrectParameters, match="no record of a confirmed change"):
        command.run({"host": "server-01", "change": None, "consent": ()})


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"host": "server-01", "change": 20261123}, "the number of a change is text"),
        ({"host": "../etc"}, "a host's name is"),
        ({}, "no host is named"),
    ],
)
def test_a_wrong_value_is_named(recorded: Path, given: dict[str, object], why: str) -> None:
    assert recorded.exists()
    with pytest.raises(ParameterError, match=why):
        want(given)


def test_an_unknown_name_is_refused(recorded: Path) -> None:
    assert recorded.exists()
    with pytest.raises(ParameterError, match="has no parameter of this name"):
        parameters({"host": "server-01", "chnage": CHANGE, "_": None})


def test_what_the_change_was_comes_from_its_record_and_not_from_the_host_s_file(
    recorded: Path, home: Path
) -> None:
    path = home / "params" / "server-01.yaml"
    path.write_text(path.read_text() + "\nbridge_mac: nic\n")
    lines = [line for line in path.read_text().splitlines() if not line.startswith("bridge:")]
    path.write_text("\n".join([*lines, "bridge: br9", ""]))
    request = want({"host": "server-01", "mode": "plan", "ticket": "CHG-9"})
    promise = request.found.change.plan.of_host
    assert (request.params.bridge, request.params.network) == (promise.bridge, promise.network)
    assert request.params.address == str(promise.address)
    assert request.params.mode == "plan"
    assert request.change_request.ticket == "CHG-9"
    assert request.found.made == recorded


def test_the_page_shows_the_change_and_where_its_record_is(
    recorded: Path, shown: list[Any]
) -> None:
    parameters({"host": "server-01"})
    said = page(shown)
    for words in (CHANGE, str(recorded), "its record is unaltered"):
        assert words in said
