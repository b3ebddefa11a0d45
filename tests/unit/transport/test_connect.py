from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit import fakes

from runbook.common.errors import MendAccess
from runbook.transport import bootstrap, prefixes
from runbook.transport.connect import ask_router, open_host
from runbook.transport.router import RouterSays

MAC = "52:54:00:ab:cd:ef"


@pytest.mark.parametrize(("connect", "by_sudo"), [("ssh", "ssh+sudo"), ("local", "sudo")])
def test_who_is_not_root_is_told_to_use_sudo_before_anything_is_read(
    monkeypatch: pytest.MonkeyPatch, connect: str, by_sudo: str
) -> None:
    here = prefixes.local()

    def ssh(_destination: str, **_options: object) -> prefixes.Prefix:
        return here

    monkeypatch.setattr(prefixes, "ssh", ssh)
    # Whoever runs this test, the relay is a user's.
    told = bootstrap.source().replace(b"os.geteuid()", b"1000")
    told = b"%d\n" % (len(told.partition(b"\n")[2])) + told.partition(b"\n")[2]
    monkeypatch.setattr(bootstrap, "source", lambda: told)
    with pytest.raises(MendAccess, match="user number 1000") as refused:
        open_host(fakes.params(connect=connect))
    assert f"`connect: {by_sudo}`" in refused.value.then


def test_a_router_that_is_not_named_is_not_asked() -> None:
    assert ask_router(fakes.params(), fakes.IP) is None


def test_a_rehearsal_asks_no_router() -> None:
    rehearsed = {"connect": "recorded", "recording": "x.json", "mode": "plan", "router": "gw"}
    found = ask_router(fakes.params(**rehearsed), fakes.IP)
    assert found is not None
    assert (found.macs, found.said) == ((), "not asked: the host is a recording")


def test_a_router_is_asked_over_plain_ssh_with_the_host_s_own_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ssh"
    told = tmp_path / "told"
    row = f'[{{"lladdr": "{MAC}"}}]'
    program.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" >{told}\necho '{row}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    asked = fakes.params(router="admin@gw", ssh_config="/etc/x", connect="ssh+sudo")
    assert ask_router(asked, fakes.IP) == RouterSays("admin@gw", (MAC,), "")
    words = told.read_text().splitlines()
    assert words[:2] == ["-F", "/etc/x"]
    assert words[-2:] == ["admin@gw", f"ip -j neigh show {fakes.IP}"]
    assert "BatchMode=yes" in words
