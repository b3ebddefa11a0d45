from __future__ import annotations

import subprocess
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import fakes
from tests.unit.notebook.conftest import WHEN, StoppedClock
from tests.unit.records import kept
from tests.unit.records.test_signature import allowed, key

from runbook.notebook.shared.approval import check_request
from runbook.notebook.shared.approval_signature import (
    ApprovalSignature,
    NotApproved,
    check_signature,
)
from runbook.params import ChangeRequest, change_request
from runbook.plan.routed.procedure import make_plan
from runbook.records.approval_text import how_to_sign, parse
from runbook.records.predicate import Operator
from runbook.records.signature import made_by
from runbook.run.record import Ending
from runbook.run.session import Session

PLAN = make_plan(fakes.params(), fakes.seen())
OPERATOR = Operator(person="bert", known_by="login", account="bert", machine="desk")


def text(**other: str) -> str:
    """The text of an approval of this plan, for an hour."""
    lines = {"host": PLAN.host, "plan": PLAN.digest, "until": "2026-03-01T13:00+00:00", **other}
    return "".join(f"{name}: {value}\n" for name, value in lines.items() if value)


def sign(by: Path, signed: str, namespace: str = "runbook-approval") -> Path:
    """As the approver does it in a shell."""
    path = by.with_name("approval.txt")
    path.write_text(signed)
    command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(by), "-n", namespace, str(path)]
    path.with_name("approval.txt.sig").unlink(missing_ok=True)
    subprocess.run(command, check=True, capture_output=True)
    return path.with_name("approval.txt.sig")


def said(signature: Path, by: str = "bert", **more: str) -> ChangeRequest:
    told = {"approved": PLAN.digest, "approved_by": by, "approval_signature": str(signature)}
    return change_request({**told, **more})


@pytest.fixture
def bert(tmp_path: Path) -> Path:
    """A key that `allowed_signers` names."""
    own = key(tmp_path, "bert")
    allowed(tmp_path, bert=own, anna=key(tmp_path, "anna"))
    return own


def checked(request: ChangeRequest, folder: Path, now: datetime = WHEN) -> ApprovalSignature:
    return check_signature(PLAN, request, now, folder)


def test_a_signature_of_this_plan_by_a_person_who_is_allowed_proves_the_approval(
    tmp_path: Path, bert: Path
) -> None:
    path = sign(bert, text())
    found = checked(said(path), tmp_path)
    assert (found.by, found.signature) == ("bert", path.read_text())
    assert found.text == text()
    sign(bert, text(ticket="CHG-1"))
    assert checked(said(path, ticket="CHG-1"), tmp_path).by == "bert"


@pytest.mark.parametrize(
    ("other", "more", "why"),
    [
        ({"plan": "e" * 64}, {}, "it is for plan eeeee"),
        ({"host": "server-02"}, {}, "it is for host server-02, and this is server-01"),
        ({"ticket": "CHG-1"}, {}, r"it is for ticket CHG-1, and this is \(none\)"),
        ({"ticket": "CHG-1"}, {"ticket": "CHG-2"}, "it is for ticket CHG-1, and this is CHG-2"),
        ({}, {"ticket": "CHG-2"}, r"it is for ticket \(none\), and this is CHG-2"),
        ({"until": "2026-03-01T12:00+00:00"}, {}, r"good until 2026-03-01T12:00\+00:00"),
        ({"until": "2026-03-01T12:59+01:00"}, {}, r"good until 2026-03-01T12:59\+01:00"),
        ({"until": ""}, {}, "the line `until: …` is missing"),
        ({"until": "tomorrow"}, {}, "`until` is no time"),
        ({"until": "2026-03-02T12:00"}, {}, "`until` has no time zone"),
        ({"host": ""}, {}, "the line `host: …` is missing"),
        ({"by": "anna"}, {}, "it has a line that no approval has: 'by'"),
        ({"until": "2026-03-01T13:00+00:00\nhost: server-01"}, {}, "a line is in it twice"),
    ],
)
def test_a_signature_of_another_plan_host_ticket_or_time_is_refused(
    tmp_path: Path, bert: Path, other: dict[str, str], more: dict[str, str], why: str
) -> None:
    path = sign(bert, text(**other))
    with pytest.raises(NotApproved, match=why) as raised:
        checked(said(path, **more), tmp_path)
    assert "nothing was written" in str(raised.value)
    assert "have it made anew: printf" in str(raised.value)


@pytest.mark.parametrize(
    ("namespace", "by", "why"),
    [
        # A signature of something else is no approval, whatever it is of.
        ("runbook-record", "bert", "bad signature"),
        ("runbook-approval", "anna", "was made by bert"),
    ],
)
def test_a_signature_of_another_purpose_or_person_is_refused(
    tmp_path: Path, bert: Path, namespace: str, by: str, why: str
) -> None:
    with pytest.raises(NotApproved, match=why):
        checked(said(sign(bert, text(), namespace), by), tmp_path)


def test_a_text_that_was_edited_after_it_was_signed_is_refused(tmp_path: Path, bert: Path) -> None:
    path = sign(bert, text())
    path.with_suffix("").write_text(text(until="2027-03-01T13:00+00:00"))
    with pytest.raises(NotApproved, match="bad signature"):
        checked(said(path), tmp_path)


def test_the_digest_alone_is_no_approval_any_more(tmp_path: Path, bert: Path) -> None:
    with pytest.raises(NotApproved, match="it has a line that no approval has"):
        checked(said(sign(bert, f"{PLAN.digest}\n")), tmp_path)


@pytest.mark.parametrize(
    "more",
    [{}, {"ticket": "it's CHG $(1)"}, {"window": "2026-03-01T11:00+01:00/2026-03-01T14:00+01:00"}],
)
def test_what_the_approver_is_told_to_type_makes_a_signature_that_counts(
    tmp_path: Path, bert: Path, more: dict[str, str]
) -> None:
    request = said(tmp_path / "approval.txt.sig", **more)
    typed = how_to_sign(PLAN, request, WHEN).replace("KEY", str(bert))
    subprocess.run(["sh", "-ec", typed], cwd=tmp_path, check=True, capture_output=True)
    assert checked(request, tmp_path).by == "bert"
    ends = WHEN + (timedelta(hours=1) if "window" in more else timedelta(days=7))
    with pytest.raises(NotApproved, match="it was good until"):
        checked(request, tmp_path, ends)


@pytest.mark.parametrize(
    ("ending", "counts"), [(Ending.AS_PROMISED, False), (Ending.AS_BEFORE, True)]
)
def test_a_signature_counts_for_one_confirmed_change(
    tmp_path: Path, bert: Path, monkeypatch: pytest.MonkeyPatch, ending: Ending, *, counts: bool
) -> None:
    (tmp_path / "params").mkdir()
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path))
    path = sign(bert, text())
    kept.sealed(tmp_path / "outputs", 1, ending, approval_txt_sig=path.read_text())
    if counts:
        assert checked(said(path), tmp_path).by == "bert"
        return
    with pytest.raises(
        NotApproved, match=f"change {kept.number(1)} was made and confirmed with it"
    ):
        checked(said(path), tmp_path)
    # Another host's record says nothing of this one.
    (tmp_path / "outputs/server-01").rename(tmp_path / "outputs/server-02")
    assert checked(said(path), tmp_path).by == "bert"


def test_a_file_that_is_no_signature_by_its_name_is_refused(tmp_path: Path, bert: Path) -> None:
    with pytest.raises(NotApproved, match=r"its name does not end in \.sig"):
        checked(said(bert), tmp_path)


@given(st.text())
def test_whatever_the_text_is_it_is_read_or_refused(content: str) -> None:
    with suppress(ValueError):
        assert parse(content).host


@pytest.mark.parametrize("named", ["bert", "bert.pub"])
def test_the_key_that_signs_the_record_approves_nothing(tmp_path: Path, named: str) -> None:
    bert, anna = key(tmp_path, "bert"), key(tmp_path, "anna")
    params = tmp_path / "params"
    params.mkdir()
    # By another name than the operator's account has.
    allowed(params, release=bert)
    request = said(sign(bert, text()), "release")

    def check(own: Path) -> object:
        asked = SimpleNamespace(approval="signed", sign_with=str(own))
        told = SimpleNamespace(params=asked, change_request=request, clock=StoppedClock())
        return check_request(PLAN, cast("Session", told), OPERATOR)

    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("RUNBOOK_HOME", str(tmp_path))
        with pytest.raises(NotApproved, match="the key that signs this record also signed"):
            check(tmp_path / named)
        assert check(anna)
        assert check(tmp_path / "gone")


@given(st.text())
def test_no_text_is_a_signature_of_a_key_that_is_not_there(text: str) -> None:
    # An operator who does not sign records has the key ''.
    for key_file in ("/nowhere/key", "", "/", "."):
        assert not made_by(text, key_file)


def test_a_key_that_nobody_allowed_approves_nothing(tmp_path: Path, bert: Path) -> None:
    assert bert
    with pytest.raises(NotApproved, match="unknown signer"):
        checked(said(sign(key(tmp_path, "eve"), text())), tmp_path)


@pytest.mark.parametrize("missing", ["approval.txt", "approval.txt.sig", "allowed_signers"])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, bert: Path, missing: str) -> None:
    path = sign(bert, text())
    (tmp_path / missing).unlink()
    with pytest.raises(NotApproved, match=missing):
        checked(said(path), tmp_path)


def test_a_signature_without_the_approval_that_it_is_of_is_refused(tmp_path: Path) -> None:
    request = change_request({"approval_signature": str(tmp_path / "approval.txt.sig")})
    with pytest.raises(NotApproved, match="without `approved` and `approved_by`"):
        checked(request, tmp_path)
