from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import fakes
from tests.unit.notebook.conftest import StoppedClock
from tests.unit.records.test_signature import allowed, key

from runbook.notebook.shared.approval import check_request
from runbook.notebook.shared.approval_signature import NotApproved, check_signature
from runbook.params import ChangeRequest, change_request
from runbook.plan.routed.procedure import make_plan
from runbook.records.predicate import Operator
from runbook.records.signature import made_by
from runbook.run.session import Session

PLAN = make_plan(fakes.params(), fakes.seen())
OPERATOR = Operator(person="bert", known_by="login", account="bert", machine="desk")


def sign(by: Path, text: str, namespace: str = "runbook-approval") -> Path:
    """As the approver does it in a shell."""
    path = by.with_suffix(".sig")
    command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(by), "-n", namespace]
    with path.open("wb") as out:
        subprocess.run(command, input=f"{text}\n".encode(), stdout=out, check=True)
    return path


def said(signature: Path, by: str = "bert", digest: str = PLAN.digest) -> ChangeRequest:
    return change_request(
        {"approved": digest, "approved_by": by, "approval_signature": str(signature)}
    )


def test_a_signature_of_this_plan_by_a_person_who_is_allowed_proves_the_approval(
    tmp_path: Path,
) -> None:
    bert = key(tmp_path, "bert")
    allowed(tmp_path, bert=bert)
    path = sign(bert, PLAN.digest)
    found = check_signature(PLAN, said(path), tmp_path)
    assert found.by == "bert"
    assert found.text == path.read_text()


@pytest.mark.parametrize(
    ("text", "namespace", "by", "why"),
    [
        ("e" * 64, "runbook-approval", "bert", "bad signature"),
        # A signature of something else is no approval, whatever it is of.
        (PLAN.digest, "runbook-record", "bert", "bad signature"),
        (PLAN.digest, "runbook-approval", "anna", "was made by bert"),
    ],
)
def test_a_signature_of_another_plan_purpose_or_person_is_refused(
    tmp_path: Path, text: str, namespace: str, by: str, why: str
) -> None:
    bert = key(tmp_path, "bert")
    allowed(tmp_path, bert=bert, anna=key(tmp_path, "anna"))
    with pytest.raises(NotApproved, match=why) as raised:
        check_signature(PLAN, said(sign(bert, text, namespace), by), tmp_path)
    assert "nothing was written" in str(raised.value)


@pytest.mark.parametrize("named", ["bert", "bert.pub"])
def test_the_key_that_signs_the_record_approves_nothing(tmp_path: Path, named: str) -> None:
    bert, anna = key(tmp_path, "bert"), key(tmp_path, "anna")
    params = tmp_path / "params"
    params.mkdir()
    # By another name than the operator's account has.
    allowed(params, release=bert)
    request = said(sign(bert, PLAN.digest), "release")

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
    assert not made_by(text, "/nowhere/key")


def test_a_key_that_nobody_allowed_approves_nothing(tmp_path: Path) -> None:
    eve = key(tmp_path, "eve")
    allowed(tmp_path, bert=key(tmp_path, "bert"))
    with pytest.raises(NotApproved, match="unknown signer"):
        check_signature(PLAN, said(sign(eve, PLAN.digest)), tmp_path)


@pytest.mark.parametrize("missing", ["bert.sig", "allowed_signers"])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, missing: str) -> None:
    bert = key(tmp_path, "bert")
    allowed(tmp_path, bert=bert)
    path = sign(bert, PLAN.digest)
    (tmp_path / missing).unlink()
    with pytest.raises(NotApproved, match=missing):
        check_signature(PLAN, said(path), tmp_path)


def test_a_signature_without_the_approval_that_it_is_of_is_refused(tmp_path: Path) -> None:
    request = change_request({"approval_signature": str(tmp_path / "approval.sig")})
    with pytest.raises(NotApproved, match="without `approved` and `approved_by`"):
        check_signature(PLAN, request, tmp_path)
