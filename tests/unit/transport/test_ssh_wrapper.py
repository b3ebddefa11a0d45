from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from runbook.common.errors import MendAccess
from runbook.transport import local, ssh
from runbook.transport.connect import connect
from runbook.transport.ssh_wrapper import SshWrapper

MARK = "RUNBOOK_LIBVIRT=abc"


@pytest.mark.parametrize(
    "uri",
    [
        "qemu:///system",
        "qemu+tls://server-01/system",
        "qemu+ssh://server-01/system?command=/my/ssh",
    ],
)
def test_a_uri_that_does_not_need_it_stays_as_it_is(uri: str) -> None:
    wrapper = SshWrapper(ssh("server-01"), MARK)
    assert wrapper.uri(uri) == uri
    wrapper.close()


def test_without_ssh_there_is_no_script() -> None:
    assert (
        SshWrapper(local(), MARK).uri("qemu+ssh://server-01/system")
        == "qemu+ssh://server-01/system"
    )


def test_libvirts_ssh_gets_the_same_options_and_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ssh").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    wrapper = SshWrapper(ssh("server-01", config=Path("/etc/my config")), MARK)
    query = parse_qs(urlsplit(wrapper.uri("qemu+ssh://server-01/system?proxy=netcat")).query)
    script = query["command"][0]
    asked = [script, "-T", "--", "server-01", "sh -c 'virt-ssh-helper \"$@\"'"]
    argv = subprocess.run(asked, capture_output=True, text=True, check=True)
    given = argv.stdout.splitlines()
    assert given[:2] == ["-F", "/etc/my config"]
    assert "StrictHostKeyChecking=yes" in given
    assert given[-6:-1] == ["-T", "--", "server-01", "env", MARK]
    assert given[-1] == asked[-1]
    assert query["proxy"] == ["netcat"]
    wrapper.close()
    assert not Path(script).exists()


def script_of(wrapper: SshWrapper) -> Path:
    query = parse_qs(urlsplit(wrapper.uri("qemu+ssh://server-01/system")).query)
    return Path(query["command"][0])


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Where the script may go; only the home is there."""
    made = {name: tmp_path / name for name in ("tmp", "runtime", "home")}
    monkeypatch.setattr(tempfile, "tempdir", str(made["tmp"]))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(made["runtime"]))
    monkeypatch.setenv("HOME", str(made["home"]))
    made["home"].mkdir()
    return made


@pytest.mark.parametrize("there", ["tmp", "runtime"])
def test_the_script_goes_to_the_first_place_that_takes_it(
    places: dict[str, Path], there: str
) -> None:
    places[there].mkdir()
    wrapper = SshWrapper(ssh("server-01"), MARK)
    assert script_of(wrapper).parents[1] == places[there]
    wrapper.close()
    assert list(places[there].iterdir()) == []


def test_where_no_other_place_takes_it_the_script_goes_into_the_cache(
    places: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    wrapper = SshWrapper(ssh("server-01"), MARK)
    assert script_of(wrapper).parents[1] == places["home"] / ".cache"
    assert script_of(wrapper).parent.stat().st_mode & 0o777 == 0o700
    wrapper.close()


def test_where_no_place_takes_it_each_is_named_and_no_host_is_contacted(
    places: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places["home"].rmdir()
    (tmp_path / "ssh").write_text(f"#!/bin/sh\ntouch {tmp_path}/contacted\n")
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(MendAccess) as caught:
        connect("server-01", prefix=ssh("server-01"))
    for place in (places["tmp"], places["runtime"], places["home"] / ".cache"):
        assert f"{place}: No such file or directory" in str(caught.value)
    assert "TMPDIR" in caught.value.then
    assert not (tmp_path / "contacted").exists()


def test_a_connection_that_does_not_come_up_leaves_no_script(
    places: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places["tmp"].mkdir()
    (tmp_path / "ssh").write_text("#!/bin/sh\nexit 255\n")
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(MendAccess):
        connect("server-01", prefix=ssh("server-01"))
    assert list(places["tmp"].iterdir()) == []


def options(argv: Sequence[str]) -> dict[str, str]:
    pairs = (word.partition("=") for word in argv if "=" in word)
    return {name: value for name, _, value in pairs}


def test_libvirt_goes_through_the_connection_of_the_relay() -> None:
    wrapper = SshWrapper(ssh("server-01"), MARK, share=True)
    relay = options(wrapper.relay_prefix.argv)
    script = options(shlex.split(script_of(wrapper).read_text().rpartition("exec ")[2]))
    assert (relay["ControlMaster"], script["ControlMaster"]) == ("yes", "no")
    assert relay["ControlPath"] == script["ControlPath"]
    assert Path(script["ControlPath"]).parent == script_of(wrapper).parent
    beside = options(wrapper.beside_prefix.argv)
    assert (beside["ControlMaster"], beside["ControlPath"]) == ("no", relay["ControlPath"])
    assert beside["StrictHostKeyChecking"] == "yes"
    # Else the connection would outlive the run in the background.
    assert relay["ControlPersist"] == "no"
    wrapper.close()


@pytest.mark.parametrize("name", ["with blank", "x" * 90, "%h"])
def test_where_ssh_takes_no_such_socket_each_has_a_connection_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / name))
    wrapper = SshWrapper(ssh("server-01"), MARK, share=True)
    assert options(wrapper.relay_prefix.argv)["ControlPath"] == "none"
    assert wrapper.beside_prefix == wrapper.relay_prefix
    wrapper.close()


def test_two_connections_of_one_run_share_nothing() -> None:
    made = [SshWrapper(ssh("server-01"), MARK, share=True) for _ in range(2)]
    sockets = {options(wrapper.relay_prefix.argv)["ControlPath"] for wrapper in made}
    assert len(sockets) == 2
    for wrapper in made:
        wrapper.close()
