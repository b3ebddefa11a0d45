from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from runbook.common.errors import ParameterError
from runbook.params import for_host, read
from runbook.params.file import parse

if TYPE_CHECKING:
    from pathlib import Path

GOOD = "interface: enp4s0f0\naddress: 172.16.1.1/16\ngateway: 172.16.0.1\n"


def refused(tmp_path: Path, text: str | bytes) -> ParameterError:
    path = tmp_path / "server-01.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ParameterError) as caught:
        read(path, host="server-01", shown_as="params/server-01.yaml")
    assert "params/server-01.yaml" in caught.value.problem
    return caught.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("010", "010"),
        ("9.10", "9.10"),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        ("52:54:00:12:34:56", "52:54:00:12:34:56"),
        ("yes", "yes"),
        ("on", "on"),
        ("2026-01-01", "2026-01-01"),
        (".nan", ".nan"),
        ("'5'", "5"),
        ('"true"', "true"),
        ("true", True),
        ("false", False),
        ("60", 60),
        ("~", None),
        ("", None),
        ("[a, 1]", ["a", 1]),
        ("{a: no}", {"a": "no"}),
    ],
)
def test_a_value_stays_as_it_was_written(text: str, value: object) -> None:
    assert parse(f"x: {text}\n", "f").values == {"x": value}


def test_lines_are_counted_from_one() -> None:
    assert parse("# first\na: 1\n\nb: 2\n", "f").lines == {"a": 2, "b": 4}


def test_an_empty_file_has_no_values() -> None:
    assert parse("# nothing\n", "f").values == {}


def test_a_name_given_twice_names_both_lines(tmp_path: Path) -> None:
    problem = refused(tmp_path, "gateway: a\nbridge: b\ngateway: c\n").problem
    assert "line 3" in problem
    assert "already given on line 1" in problem


def test_a_name_given_twice_deeper_down_is_refused_too(tmp_path: Path) -> None:
    refused(tmp_path, "a:\n  b: 1\n  b: 2\n")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: [\n", "line 3"),
        ("a: 1\n\tb: 2\n", "line 2"),
        ("a: 1\nb: !!python/object:os.system x\n", "line 2"),
        ("a: !!int 010\n", "line 1"),
        ("a: &x [1]\nb: *x\n", "line 2"),
        ("- a\n- b\n", "line 1"),
        ("just words\n", "line 1"),
        ("? [a]\n: b\n", "line 1"),
        ("a: 1\n---\nb: 2\n", "line 2"),
    ],
)
def test_what_cannot_be_read_names_file_and_line(tmp_path: Path, text: str, line: str) -> None:
    assert line in refused(tmp_path, text).problem


def test_a_file_that_is_not_text_or_nested_without_end_is_refused(tmp_path: Path) -> None:
    assert "UTF-8" in refused(tmp_path, b"a: \xff\n").problem
    assert "nested" in refused(tmp_path, "a: " + "[" * 100_000).problem


def test_a_host_without_a_file_hears_of_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "server-01.yaml").write_text(GOOD)
    with pytest.raises(ParameterError) as caught:
        for_host(tmp_path, {"host": "sever-01"})
    assert "did you mean 'server-01'?" in caught.value.then


def test_a_host_with_a_file_is_resolved_and_says_which_line(tmp_path: Path) -> None:
    (tmp_path / "server-01.yaml").write_text(GOOD)
    params = for_host(tmp_path, {"host": "server-01"})
    assert str(params.sources["address"]) == f"{tmp_path.name}/server-01.yaml:2"


@pytest.mark.timeout(30)
@pytest.mark.parametrize("what", ["pipe", "device"])
def test_what_is_no_file_is_neither_waited_for_nor_read_without_end(
    tmp_path: Path, what: str
) -> None:
    path = tmp_path / "server-01.yaml"
    if what == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(ParameterError, match="cannot be read: it is not a regular file"):
        read(path, host="server-01")
