from __future__ import annotations

import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from runbook.transport import local, ssh
from runbook.transport.ssh_wrapper import SshWrapper


@pytest.mark.parametrize(
    "uri",
    [
        "qemu:///system",
        "qemu+tls://server-01/system",
        "qemu+ssh://server-01/system?command=/my/ssh",
    ],
)
def test_a_uri_that_does_not_need_it_stays_as_it_is(uri: str) -> None:
    wrapper = SshWrapper(ssh("server-01"))
    assert wrapper.uri(uri) == uri
    wrapper.close()


def test_without_ssh_there_is_no_script() -> None:
    assert SshWrapper(local()).uri("qemu+ssh://server-01/system") == "qemu+ssh://server-01/system"


def test_libvirts_ssh_gets_the_same_options_and_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ssh").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    wrapper = SshWrapper(ssh("server-01", config=Path("/etc/my config")))
    query = parse_qs(urlsplit(wrapper.uri("qemu+ssh://server-01/system?proxy=netcat")).query)
    script = query["command"][0]
    argv = subprocess.run([script, "-T", "server-01"], capture_output=True, text=True, check=True)
    given = argv.stdout.splitlines()
    assert given[:2] == ["-F", "/etc/my config"]
    assert "StrictHostKeyChecking=yes" in given
    assert given[-2:] == ["-T", "server-01"]
    assert query["proxy"] == ["netcat"]
    wrapper.close()
    assert not Path(script).exists()
