"""`papermill notebooks/guest.ipynb` for a guest that only a person gets into."""

from __future__ import annotations

import html
import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import bench
from tests.bench import HOST, Done
from tests.lab import guesting, person
from tests.run_folder import run_folder

from runbook.state.diff import compare

# A person takes a minute; papermill saves a notebook when a cell has ended.
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(600)]
GUEST = bench.ROOT / "notebooks" / "guest.ipynb"
PASSWORD = "a guess of the operator's"  # noqa: S105 - a wrong one, on purpose
WANTED = (
    *("-p", "host", HOST, "-p", "guest", "vm-01", "-p", "address", "172.16.1.10/16"),
    *("-p", "by_hand", "true"),
)


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    """A host on the LAN, with a guest whose password is not known here."""
    bench.fresh()
    guesting.on_the_lan()
    guesting.added("quick", "vm-01")
    yield HOST
    bench.fresh()


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNBOOK_GUEST_PASSWORD_VM_01", PASSWORD)


def shown(out: Path, run: subprocess.Popen[str]) -> str:
    """The instructions, copied off the notebook's page while it runs."""
    until = time.monotonic() + 200
    while time.monotonic() < until and run.poll() is None:
        # It is renamed into place, so it is whole whenever it is there.
        cells = json.loads(out.read_text())["cells"] if out.exists() else []
        for output in (o for cell in cells for o in cell.get("outputs", [])):
            page = "".join(output.get("data", {}).get("text/html", ""))
            found = re.search(r"<pre[^>]*>(Guest vm-01 has to.*?)</pre>", page, re.DOTALL)
            if found and "By hand, at the console" in page:
                return html.unescape(found[1])
        time.sleep(1)
    pytest.fail("the instructions never showed")


def run(home: Path, *options: str, by: bool, name: str) -> Done:
    out = home.parent / name
    command = bench.command(out, (*WANTED, *options), GUEST)
    with subprocess.Popen(
        command,
        env=bench.environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as program:
        try:
            told = person.read(shown(out, program))
            if by:
                person.carry_out(HOST, "vm-01", told)
            said, _ = program.communicate(timeout=300)
        finally:
            program.kill()
    return Done(program.returncode, said, out)


def test_nobody_does_it_and_it_is_undone_with_word_of_what_a_person_must_look_at(
    host: str, home: Path
) -> None:
    assert host
    before = bench.snapshot()
    done = run(home, "-p", "wait_s", "45", by=False, name="nobody.ipynb")
    assert done.status != 0
    assert str(compare(before, bench.snapshot())) == ""
    assert "nobody answers for 172.16.1.10 after 45 s" in done.page
    assert "what a person may have changed in vm-01 is undone by nobody else" in done.page
    folder = run_folder(done)
    told = (folder / "outcome.json").read_text() + (folder / "journal").read_text()
    assert "what a person may have changed in vm-01 is undone by nobody else" in told
    assert all(PASSWORD not in p.read_text() for p in folder.iterdir() if p.is_file())


def test_a_person_does_as_the_page_says_and_the_run_goes_on(host: str, home: Path) -> None:
    assert host
    done = run(home, "-p", "wait_s", "240", by=True, name="by-hand.ipynb")
    assert done.status == 0, done.page[-4000:]
    assert done.outcome["outcome"] == "as promised"
    assert guesting.neighbour("vm-01") == guesting.mac("vm-01")
    assert "Login incorrect" in done.page
