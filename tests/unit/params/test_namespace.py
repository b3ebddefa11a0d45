from __future__ import annotations

import sys

import pytest

from runbook.common.errors import ParameterError
from runbook.params import check_names, unknown_names


def test_a_name_that_papermill_only_warns_about_is_refused() -> None:
    (error,) = unknown_names({"host": "server-01", "gatway": "172.16.0.2"})
    assert error.field == "gatway"
    assert "did you mean 'gateway'?" in error.then
    with pytest.raises(ParameterError, match="gatway"):
        check_names({"gatway": 1})


def test_every_unknown_name_has_its_own_error() -> None:
    assert [e.field for e in unknown_names({"a": 1, "b": [], "c": {}, "d": None})] == list("abcd")


def notebook(**more: object) -> dict[str, object]:
    """What a namespace holds in IPython before anything is put there."""
    history: list[str] = [""]
    outputs: dict[int, object] = {}
    hidden = {"_": 1, "__": "", "___": "", "_i": "x", "_ii": "", "_iii": "", "_i1": "x", "_12": 3}
    own = {"_ih": history, "In": history, "_oh": outputs, "Out": outputs, "_dh": ["/"]}
    return {"__name__": "__main__", "_exit_code": 0, **hidden, **own, **more}


@pytest.mark.parametrize("name", ["_gateway", "_stp", "__x", "_i_", "_1a", "In", "Out"])
def test_a_name_that_looks_like_ipythons_own_is_refused(name: str) -> None:
    (error,) = unknown_names(notebook(**{name: 5}))
    assert (error.field, error.value) == (name, 5)


@pytest.mark.parametrize("name", ["nb", "_7", "__doc__", "In"])
def test_a_name_that_is_covered_by_now_is_refused_if_it_was_injected(name: str) -> None:
    history = ["", "host = None", f"# Parameters\nhost = 'server-01'\n{name} = 5\n", "import sys"]
    (error,) = unknown_names(notebook(In=history, _ih=history, nb=sys, host="server-01"))
    assert error.field == name


def test_a_cell_that_was_mended_and_run_again_is_the_one_that_counts() -> None:
    history = [
        "",
        "# Parameters\nnb = 5\n",
        "# Parameters\nhost = 'server-01'\n",
        "# Parameters no",
    ]
    assert unknown_names(notebook(In=history, _ih=history, host="server-01")) == ()
    broken = ["", "# Parameters\nnb = = 5\n"]
    assert unknown_names(notebook(In=broken, _ih=broken)) == ()


def test_what_a_notebook_holds_besides_parameters_is_let_be() -> None:
    namespace = notebook(sys=sys, show=print)
    assert unknown_names({**namespace, "host": "server-01", "stp": True}) == ()
    check_names({**namespace, "mine": 1}, known={"mine"})


def test_a_password_that_was_injected_by_mistake_is_not_in_the_error() -> None:
    (error,) = unknown_names({"password": "hunter2"})
    assert error.field == "password"
    assert "hunter2" not in str(error)
