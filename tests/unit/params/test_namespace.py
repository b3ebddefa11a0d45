from __future__ import annotations

import sys

import pytest

from runbook.errors import ParameterError
from runbook.params import check_names, unknown_names


def test_a_name_that_papermill_only_warns_about_is_refused() -> None:
    (error,) = unknown_names({"host": "server-01", "gatway": "172.16.0.2"})
    assert error.field == "gatway"
    assert "did you mean 'gateway'?" in error.then
    with pytest.raises(ParameterError, match="gatway"):
        check_names({"gatway": 1})


def test_every_unknown_name_has_its_own_error() -> None:
    assert [e.field for e in unknown_names({"a": 1, "b": [], "c": {}, "d": None})] == list("abcd")


def test_what_a_notebook_holds_besides_parameters_is_let_be() -> None:
    namespace = {"In": [], "Out": {}, "_": 1, "_i1": "x", "sys": sys, "show": print}
    assert unknown_names({**namespace, "host": "server-01", "stp": True}) == ()
    check_names({**namespace, "mine": 1}, known={"mine"})
