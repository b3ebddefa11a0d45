"""`runbook fleet` with the recorded host: what it prints, keeps and exits with."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import bench


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return bench.make_home(tmp_path)


NOTEBOOK = str(bench.NOTEBOOK)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give NOTEBOOK and --hosts or --inventory"),
        ((NOTEBOOK,), "give NOTEBOOK and --hosts or --inventory"),
        ((NOTEBOOK, "--hosts", "web-*"), "no host of params/ is meant by 'web-*'"),
        ((NOTEBOOK, "--hosts", "example", "--batch", "none"), "a batch of 'none' hosts"),
        ((NOTEBOOK, "--hosts", "example", "-p", "password", "hunter2"), "looks like a secret"),
        ((NOTEBOOK, "--hosts", "example", "-p", "sTp", "no"), "has no parameter sTp"),
        ((NOTEBOOK, "--hosts", "example", "--window", "tonight"), "the window 'tonight'"),
        (("--resume", "20260301T120000Z"), "there is no fleet run 20260301T120000Z"),
    ],
)
def test_what_cannot_be_done_is_refused_before_any_host_is_asked(
    home: Path, words: tuple[str, ...], said: str
) -> None:
    done = bench.fleet(home, *words)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (home / "outputs").exists()


def test_a_host_without_a_way_to_it_is_refused_by_name(home: Path) -> None:
    (home / "params" / "server-01.yaml").write_text("interface: enp4s0f0\n")
    done = bench.fleet(home, NOTEBOOK, "--hosts", "server-01", "--hosts", "example", "--plan")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "server-01: refused: " in done.stdout
    assert "address" in done.stdout
    assert "example: planned" in done.stdout


def test_a_plan_for_all_hosts_changes_none(home: Path) -> None:
    done = bench.fleet(home, NOTEBOOK, "--hosts", "example", "--plan")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "example: planned" in done.stdout
    (run,) = (home / "outputs" / "_fleet").iterdir()
    assert {path.name for path in run.iterdir()} >= {
        "ledger",
        "example.plan.ipynb",
        "example.plan.log",
        "index.html",
    }
    page = (run / "index.html").read_text()
    assert "example" in page
    assert "example.plan.ipynb" in page
    assert run.stat().st_mode & 0o077 == 0
