"""Who may run the notebooks of a fleet: no scheduler that retries, no worker with other files."""

from __future__ import annotations

import socket
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from tests.unit import fakes

from runbook.common.errors import CorrectParameters
from runbook.fleet import workers
from runbook.fleet.ledger import FleetPlan, Ledger
from runbook.fleet.workers import WorkerSight, refuse_unfit, sight

HERE = WorkerSight("1.0", "a" * 64, "b" * 64, fakes.NOON)
AT = "tcp://127.0.0.1:8786"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    (tmp_path / "n.ipynb").write_text("{}")
    made = Ledger(tmp_path)
    notebook = str(tmp_path / "n.ipynb")
    given = {"notebook": notebook, "sha256": "", "options": (), "max_failures": 0}
    made.begin(fakes.NOON, FleetPlan.model_validate({**given, "batches": (("a",), ("b", "c"))}))
    return made


def test_without_the_package_it_says_what_to_install(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(CorrectParameters, match="distributed, which is not installed") as raised,
        workers.workers(ledger.read().plan, ledger, AT),
    ):
        pytest.fail("it went on")
    assert "runbook[dask]" in raised.value.then


def test_an_address_where_no_scheduler_answers_is_refused(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "CONNECT_S", 1.0)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        at = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        with (
            pytest.raises(CorrectParameters, match=f"no Dask scheduler answers at {at}"),
            workers.workers(ledger.read().plan, ledger, at),
        ):
            pytest.fail("it went on")


@pytest.mark.parametrize(
    "address",
    [
        "tcp://172.16.0.9:8786",
        "172.16.0.9:8786",
        "127.0.0.1:8786",
        "tcp://127.0.0.1.example.org:8786",
        "tcp://localhost.example.org:8786",
        "tcp://127.0.0.1@172.16.0.9:8786",
        "tcp://127.0.0.1:8786 tcp://172.16.0.9:8786",
        "tcp://[::1]:8786\n",
        "tcp://[fe80::1]:8786",
        "ws://172.16.0.9:8786",
        "ucx://127.0.0.1:8786",
        "TLS://172.16.0.9:8786",
        "tls://",
        " ",
    ],
)
def test_a_scheduler_for_which_a_stranger_can_answer_is_never_spoken_to(
    ledger: Ledger, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoken_to(_address: str) -> None:
        pytest.fail("its answers would be unpickled")

    monkeypatch.setattr(workers, "_client", spoken_to)
    with (
        pytest.raises(CorrectParameters, match="without TLS") as raised,
        workers.workers(ledger.read().plan, ledger, address),
    ):
        pytest.fail("it went on")
    assert "tls://" in raised.value.then


@pytest.mark.parametrize(
    "address",
    ["tls://172.16.0.9:8786", "tls://desk:1", AT, "tcp://[::1]:8786", "tcp://localhost:8786"],
)
def test_tls_and_the_machine_itself_are_guarded(address: str) -> None:
    workers.refuse_unguarded(address)


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        ({}, "has no worker"),
        ({"w": HERE._replace(version="0.9")}, "it has runbook 0.9, and this is 1.0"),
        ({"w": HERE._replace(ledger="c" * 64)}, "another folder or another notebook"),
        ({"w": HERE._replace(notebook="c" * 64)}, "another folder or another notebook"),
        ({"w": HERE._replace(at=fakes.NOON + timedelta(hours=1))}, "3600 s apart"),
        ({"w": FileNotFoundError(2, "no such file", "/srv/x")}, "it does not see /srv/x"),
        ({"w": ModuleNotFoundError("No module named 'runbook'")}, "runbook is not installed"),
        ({"w": ValueError("odd\nworker")}, "odd worker"),
        ({"v": HERE, "w": None}, "the worker w"),
    ],
)
def test_a_worker_that_would_run_something_else_is_refused(
    seen: dict[str, object], why: str
) -> None:
    with pytest.raises(CorrectParameters, match=why):
        refuse_unfit(seen, HERE, AT)


def test_a_worker_with_the_same_files_is_taken(ledger: Ledger) -> None:
    seen = sight(str(ledger.path), ledger.read().plan.notebook)
    refuse_unfit({"w": seen}, seen, AT)


def test_by_itself_each_host_of_a_batch_has_a_thread(ledger: Ledger) -> None:
    with workers.workers(ledger.read().plan, ledger) as crew:
        assert list(crew.executor.map(len, ["a", "ab"])) == [1, 2]
