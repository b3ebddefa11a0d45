from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runbook.common.clock import Clock
from runbook.common.errors import ParameterError
from runbook.notebook import desk as nb
from runbook.params import Params
from runbook.run import fleet, record
from runbook.run.fleet import HostAnswer
from runbook.run.record import Ending, Outcome
from runbook.run.standing import HostStatus

ROOT = Path(__file__).parents[3]
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


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who was asked; server-02 does not answer."""
    names: list[str] = []

    def standings(
        hosts: Sequence[Params], clock: Clock, patience_s: float
    ) -> Iterator[HostAnswer[HostStatus]]:
        del clock
        names.extend(params.host for params in hosts)
        yield HostAnswer("server-01", HostStatus("server-01"))
        yield HostAnswer("server-02", None, f"no answer within {patience_s} s")

    monkeypatch.setattr(fleet, "standings", standings)
    return names


def ended(home: Path, host: str, change_id: str, ending: Ending) -> record.Folder:
    folder = record.create(home / "outputs", host, change_id)
    folder.end(Outcome(ending, host, change_id, "ann@desk", WHEN, "so it is"))
    return folder


@pytest.mark.usefixtures("home")
def test_every_file_is_listed_and_one_that_is_not_right_says_why(
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = nb.hosts({})
    told = capsys.readouterr().out
    assert "Hosts in params/: 5 hosts" in told
    assert "gatway: there is no parameter of this name" in told
    assert repr(known) == "<desk hosts: DataFrames: files (5 rows)>"


@pytest.mark.usefixtures("home")
def test_whatever_leads_to_a_host_is_asked_and_recordings_are_not(
    asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    nb.armed(nb.hosts({"patience_s": 7}))
    assert asked == ["odd", "server-01", "server-02"]
    told = capsys.readouterr().out
    assert "(recordings, or files that do not lead to a host): example, no-yaml" in told


def test_an_answer_says_how_the_host_stands_or_why_that_is_not_known() -> None:
    never = HostAnswer("a", HostStatus("a"))
    assert nb._told(never) == ("none", "no change was ever armed on this host")  # noqa: SLF001
    assert nb._told(HostAnswer("a", None, "no way")) == ("not known", "no way")  # noqa: SLF001


def test_the_newest_record_is_first_and_leads_to_what_there_is_of_it(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    ended(home, "server-02", "20260301T120000Z-aaaaaa", Ending.REFUSED)
    newest = ended(home, "server-01", "20260302T120000Z-bbbbbb", Ending.AS_PROMISED)
    newest.once("notebook.html", "<p>")
    (home / "outputs/_desk/20260303T120000Z").mkdir(parents=True)
    nb.records(nb.hosts({"last": 5}))
    lines = [line for line in capsys.readouterr().out.splitlines() if "2026-03-0" in line]
    first, second = lines
    assert first.startswith("server-01  2026-03-02 12:00:00  as promised")
    assert "page: outputs/server-01/20260302T120000Z-bbbbbb/notebook.html" in first
    assert "refused" in second
    assert "ann@desk" in second


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
