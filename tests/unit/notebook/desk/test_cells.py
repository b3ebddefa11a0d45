from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest

from runbook.common.clock import Clock
from runbook.common.errors import ParameterError
from runbook.notebook.desk import cells, inventory
from runbook.notebook.desk import cells as nb
from runbook.notebook.desk.place import HostPlace, change_in_words, where
from runbook.notebook.shared import record_links
from runbook.params import Params, for_host
from runbook.records.begin import About, begin
from runbook.run import at_work, many_hosts, record
from runbook.run.many_hosts import HostAnswer
from runbook.run.record import Ending, Outcome
from runbook.run.standing import HostStatus
from runbook.views.links import anchor

ROOT = Path(__file__).parents[4]
WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with two hosts, a recording, and two files that are not right."""
    (tmp_path / "params").mkdir()
    for name in ("server-01", "server-02", "example"):
        shutil.copy(ROOT / f"params/{name}.yaml", tmp_path / "params")
    (tmp_path / "params/odd.yaml").write_text("gatway: <b>\n")
    (tmp_path / "params/no-yaml.yaml").write_text("connect: [ssh\n")
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who was asked; server-02 does not answer, and nobody's libvirt does."""
    names: list[str] = []

    def standings(
        hosts: Sequence[Params], clock: Clock, patience_s: float
    ) -> Iterator[HostAnswer[HostStatus]]:
        del clock
        names.extend(params.host for params in hosts)
        yield HostAnswer("server-01", HostStatus("server-01"))
        yield HostAnswer("server-02", None, f"no answer within {patience_s} s")

    def places(
        hosts: Sequence[Params], clock: Clock, patience_s: float
    ) -> Iterator[HostAnswer[HostPlace]]:
        del clock, patience_s
        for params in hosts:
            yield HostAnswer(params.host, HostPlace((params.interface,), (("vm-01", "running"),)))

    monkeypatch.setattr(many_hosts, "standings", standings)
    monkeypatch.setattr(cells, "places", places)
    return names


def ended(home: Path, host: str, change_id: str, ending: Ending) -> record.Folder:
    folder = record.create(home / "outputs", host, change_id)
    folder.end(Outcome(ending, host, change_id, "ann@desk", WHEN, "so it is"))
    return folder


def last_picture(capsys: pytest.CaptureFixture[str]) -> str:
    """What a terminal shows last; it cannot take back what it printed."""
    return capsys.readouterr().out


def rows_of(known: nb.DeskHosts) -> dict[str, tuple[str, ...]]:
    shown = inventory.rows_of(known.hosts, known.runs, Path.cwd())
    nb._ask(known, shown)  # noqa: SLF001 - a terminal shows the first picture only
    return {host: row.cells() for host, row in shown.items()}


@pytest.mark.usefixtures("home")
def test_every_file_is_listed_and_one_that_is_not_right_says_why(
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = nb.hosts({})
    told = last_picture(capsys)
    assert "The hosts of params/: 5 hosts" in told
    assert "the file is wrong: gatway: there is no parameter" in told
    assert repr(known) == "<desk hosts: DataFrames: files (5 rows), records (0 rows)>"


@pytest.mark.usefixtures("home")
def test_whatever_leads_to_a_host_is_asked_and_recordings_are_not(asked: list[str]) -> None:
    rows = rows_of(nb.hosts({"patience_s": 7}))
    assert asked == 2 * ["odd", "server-01", "server-02"]
    assert rows["example"][2] == "not asked: a recording"
    assert rows["server-02"][2:4] == ("not known: no answer within 7 s", "not known")
    assert rows["server-01"][2:4] == ("on enp4s0f0", "none armed")
    assert rows["server-01"][6] == "vm-01 (running)"


@pytest.mark.parametrize(
    ("holders", "said"),
    [
        ((), "172.16.1.1 is on no interface"),
        (("enp4s0f0",), "on enp4s0f0"),
        (("virbr1",), "on bridge virbr1"),
        (("br9",), "on br9, not in its file"),
        (("enp4s0f0", "virbr1"), "on enp4s0f0 and virbr1"),
    ],
)
def test_where_the_address_is_is_said_by_the_hosts_own_file(
    holders: tuple[str, ...], said: str, home: Path
) -> None:
    params = for_host(home / "params", {"host": "server-01"})
    assert where(params, HostPlace(holders, ()), HostStatus("server-01")) == said


def test_an_answer_says_how_the_host_stands_or_why_that_is_not_known() -> None:
    assert change_in_words(HostAnswer("a", HostStatus("a"))) == ("none armed", "")
    assert change_in_words(HostAnswer("a", None, "no way")) == ("not known", "unknown")


def test_buttons_open_notebooks_that_know_their_host_and_keep_those_in_use(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = home / "outputs/_desk/20260301T120000Z"
    desk.mkdir(parents=True)
    monkeypatch.chdir(desk)
    known = nb.hosts({})
    copy = desk / "server-02" / "routed · server-02.ipynb"
    (line,) = [one for one in told_lines(copy) if one.startswith("host: ")]
    assert line.startswith('host: str = "server-02"  # ')
    assert {path.name for path in (desk / "server-02").iterdir()} == {
        f"{name} · server-02.ipynb"
        for name in ("survey", "routed", "guest", "audit", "history", "undo", "revert")
    }
    copy.write_text("in use")
    drawn = inventory.picture(inventory.rows_of(known.hosts, known.runs, desk), desk)
    assert copy.read_text() == "in use"
    assert 'href="server-02/routed%20%C2%B7%20server-02.ipynb">change</a>' in drawn.body


def told_lines(notebook: Path) -> list[str]:
    whole = json.loads(notebook.read_text())["cells"]
    return [line for cell in whole for line in cell["source"] if cell["cell_type"] == "code"]


def test_outside_of_the_desk_no_copy_is_made(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    nb.hosts({})
    assert {path.name for path in home.iterdir()} == {"params"}


def test_a_record_says_of_what_kind_it_is_who_made_it_and_how_long_it_took(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    old = ended(home, "server-02", "20260301T115600Z-aaaaaa", Ending.REFUSED)
    old.once("guests-asked.json", "[]")
    newest = ended(home, "server-01", "20260301T115553Z-bbbbbb", Ending.AS_PROMISED)
    newest.once("notebook.html", "<p>")
    begin(newest, About("guest", "server-01", "vm-01 vm-02", newest.path.name), WHEN)
    (home / "outputs/_desk/20260303T120000Z").mkdir(parents=True)
    known = nb.hosts({})
    capsys.readouterr()
    nb.records(known)
    lines = [line for line in capsys.readouterr().out.splitlines() if "2026-03-0" in line]
    first, second = (line.split() for line in lines)
    assert first[:4] == ["guest", "server-02", "server-02", "ann@desk"]
    assert second[:4] == ["guest", "server-01", "vm-01", "vm-02"]
    assert "4:07" in second
    assert "as promised" in lines[1]
    drawn = "".join(links_of(known, newest.path))
    assert 'data-commandlinker-command="filebrowser:open-path"' in drawn
    assert "outputs/server-01/20260301T115553Z-bbbbbb" in drawn
    assert "page: outputs/server-01/20260301T115553Z-bbbbbb/notebook.html" in lines[1]


def links_of(known: nb.DeskHosts, path: Path) -> list[str]:
    """What leads to the record, as a page has it."""
    run = next(run for run in known.runs if run.path == path)
    return [anchor(link) for link in record_links.links_of(run.path, Path.cwd())]


def test_all_records_are_listed_and_can_be_searched(home: Path) -> None:
    for number in range(25):
        ended(home, "server-01", f"20260301T1200{number:02d}Z-aaaaaa", Ending.REFUSED)
    known = nb.hosts({})
    assert len(known.records) == 25
    assert known.records.iloc[0]["start (UTC)"] == "2026-03-01 12:00:24"


def test_the_last_record_and_the_last_audit_of_a_host_are_in_its_row(home: Path) -> None:
    ended(home, "server-01", "20260301T120000Z-aaaaaa", Ending.REFUSED)
    ended(home, "server-01", "20260301T120001Z-aaaaaa", Ending.AS_PROMISED)
    audit = ended(home, "server-01", "20260301T120002Z-aaaaaa", Ending.LOOKED)
    begin(audit, About("audit", "server-01", "server-01", audit.path.name), WHEN)
    row = rows_of(nb.hosts({}))["server-01"]
    assert row[4] == "as promised, 2026-03-01 12:00 UTC"
    assert row[5] == "only looked, 2026-03-01 12:00 UTC"


@pytest.mark.parametrize(
    ("runs", "offered"),
    [
        ((), False),
        ((("change", Ending.AS_PROMISED),), True),
        ((("change", Ending.AS_PROMISED), ("guest", Ending.AS_BEFORE)), True),
        ((("change", Ending.AS_PROMISED), ("change", Ending.REFUSED)), True),
        ((("undo", Ending.AS_PROMISED),), True),
        ((("change", Ending.AS_BEFORE),), False),
        ((("guest", Ending.AS_PROMISED),), False),
        ((("change", Ending.AS_PROMISED), ("guest", Ending.AS_PROMISED)), False),
        ((("change", Ending.AS_PROMISED), ("revert", Ending.AS_PROMISED)), False),
        ((("change", Ending.AS_PROMISED), ("revert", Ending.AS_BEFORE)), True),
    ],
)
def test_a_change_in_force_has_a_button_that_takes_it_back(
    runs: tuple[tuple[Literal["change", "guest", "undo", "revert"], Ending], ...],
    offered: bool,  # noqa: FBT001 - one of the cases
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk = home / "outputs/_desk/20260301T120000Z"
    desk.mkdir(parents=True)
    monkeypatch.chdir(desk)
    for number, (kind, ending) in enumerate(runs):
        name = f"20260301T12000{number}Z-aaaaaa"
        folder = record.create(home / "outputs", "server-01", name)
        begin(folder, About(kind, "server-01", "server-01", name), WHEN)
        folder.end(Outcome(ending, "server-01", name, "ann@desk", WHEN, "so it is"))
    known = nb.hosts({})
    row = inventory.rows_of(known.hosts, known.runs, desk)["server-01"]
    links = {link.words: link.path for link in row.links(desk)}
    assert ("revert" in links) is offered
    if offered:
        copy = desk / links["revert"]
        assert any(line.startswith('host: str = "server-01"') for line in told_lines(copy))
        assert list(links)[-2:] == ["record", "revert"]


def test_a_run_that_waits_for_its_approval_says_so_in_the_row(home: Path) -> None:
    folder = record.create(home / "outputs", "server-01", "20260301T120000Z-aaaaaa")
    folder.hold()
    folder.note(WHEN, f"{at_work.WAITING}: begins")
    row = rows_of(nb.hosts({}))["server-01"]
    assert row[4] == f"{at_work.Life.WAITING}, 2026-03-01 12:00 UTC"
    folder.let_go()


def test_an_empty_inventory_leads_to_the_survey() -> None:
    picture = inventory.picture({}, Path.cwd())
    assert '<a href="survey.ipynb">survey.ipynb</a>' in picture.body
    assert "There is no host in params/ yet" in picture.text


def test_a_record_that_is_damaged_says_so(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record.create(home / "outputs", "server-01", "odd").once("outcome.json", "{")
    nb.records(nb.hosts({}))
    assert "cannot be read" in capsys.readouterr().out


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    "given", [{"patience_s": "long"}, {"last": 0}, {"last": True}, {"patince_s": 3}]
)
def test_a_parameter_that_cannot_be_meant_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ParameterError):
        nb.hosts(given)
