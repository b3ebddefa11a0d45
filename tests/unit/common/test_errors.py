"""An error that tells more is a copy: nobody edits the sentences of one that was raised."""

from __future__ import annotations

from runbook.common.errors import NoWayIn, ParameterError


def test_an_error_that_tells_more_is_of_its_class_and_has_all_that_it_had() -> None:
    first = ParameterError("guest", "vm-09", "no such guest", "choose another")
    more = first.telling("; it was there before", transcript="login: ")
    assert type(more) is ParameterError
    assert (more.field, more.value, more.then) == ("guest", "vm-09", "choose another")
    assert str(more).splitlines()[0] == f"{first.what}; it was there before"
    assert (more.transcript, first.transcript) == ("login: ", "")
    assert "it was there before" not in str(first)


def test_it_keeps_the_transcript_that_it_has() -> None:
    shut = NoWayIn("nothing", host="h", tried=("agent",), then="-", transcript="login: ")
    assert shut.telling(" more").telling(" and more").transcript == "login: "
