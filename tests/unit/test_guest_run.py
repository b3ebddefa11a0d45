from __future__ import annotations

from types import SimpleNamespace
from typing import NoReturn, cast

import pytest
from tests.unit import guest_data
from tests.unit.fakes import Time
from tests.unit.insides import WANTED

from runbook import guest_run
from runbook.errors import LoginRefused, NoWayIn
from runbook.run import Session
from runbook.transport.guest import login
from runbook.transport.guest.login import Credentials, from_prompt, variables
from runbook.transport.host import Host


def test_who_goes_in_again_is_not_asked_again_unless_it_was_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    typed: list[str] = []

    def ask(_text: str) -> str:
        typed.append("right" if typed else "wrong")
        return typed[-1]

    def opened(_doors: object, who: Credentials, *_: object, **__: object) -> NoReturn:
        if who.password().reveal() == "wrong":
            raise LoginRefused("no such login", state="-", then="-")
        raise NoWayIn("it is enough to be let in", host="-", tried=("let in",), then="-")

    monkeypatch.setattr(guest_run, "open_channel", opened)
    monkeypatch.setattr(login, "from_prompt", lambda guest, user: from_prompt(guest, user, ask))
    for name in variables(guest_data.NAME):
        monkeypatch.delenv(name, raising=False)
    asked = guest_data.params()
    host = cast("Host", SimpleNamespace(doors=lambda _name: None))
    session = Session(asked, host, "root@desk", "x", Time(), lambda: host)
    within = guest_run.within(guest_run.with_guests(session, asked.guests))
    with pytest.raises(LoginRefused):
        within.offer(host, WANTED, ())
    for _ in range(2):
        assert within.offer(host, WANTED, ()).tried == ("let in",)
    assert typed == ["wrong", "right"]
