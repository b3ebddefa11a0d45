from __future__ import annotations

import shlex
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.common.errors import ParameterError
from runbook.transport import local, ssh, ssh_sudo, sudo


@pytest.mark.parametrize(
    "destination",
    [
        "-oProxyCommand=id",
        "root@-oProxyCommand=id",
        "",
        "a b",
        "a\nb",
        "root@",
        "@host",
        "a@b@c",
        "host:22",
    ],
)
def test_a_destination_that_ssh_could_take_for_an_option_is_refused(destination: str) -> None:
    with pytest.raises(ParameterError) as caught:
        ssh(destination)
    assert repr(destination) in str(caught.value)


@given(st.text(max_size=20))
def test_whatever_is_accepted_stands_after_the_end_of_options(text: str) -> None:
    try:
        prefix = ssh(text)
    except ParameterError:
        return
    assert prefix.argv[-2:] == ("--", text)
    assert not text.startswith("-")
    assert urlsplit(prefix.libvirt_uri).scheme == "qemu+ssh"


@pytest.mark.parametrize(
    ("destination", "uri"),
    [
        ("server-01", "qemu+ssh://server-01/system"),
        ("root@server-01.example.org", "qemu+ssh://root@server-01.example.org/system"),
        ("root@2001:db8::1", "qemu+ssh://root@[2001:db8::1]/system"),
        ("172.16.1.1", "qemu+ssh://172.16.1.1/system"),
    ],
)
def test_libvirt_is_reached_by_the_same_destination(destination: str, uri: str) -> None:
    assert ssh(destination).libvirt_uri == uri


def test_here_libvirt_is_the_system_one() -> None:
    assert {local().libvirt_uri, sudo().libvirt_uri} == {"qemu:///system"}


def test_nothing_can_prompt_share_a_connection_or_accept_a_new_key() -> None:
    argv = ssh("server-01").argv
    for option in ("BatchMode=yes", "StrictHostKeyChecking=yes", "ControlPath=none"):
        assert argv[argv.index(option) - 1] == "-o"


def test_a_slow_login_is_waited_for_and_a_host_that_is_away_is_not() -> None:
    options = dict(word.split("=", 1) for word in ssh("server-01").argv if "=" in word)
    assert options["ConnectTimeout"] == "10"
    # pam_systemd waits 25 s for a logind that does not answer.
    assert int(options["ServerAliveInterval"]) * int(options["ServerAliveCountMax"]) > 30


def test_a_configuration_file_is_passed_on() -> None:
    argv = ssh("server-01", config=Path("/etc/runbook/ssh config")).argv
    assert argv[:3] == ("ssh", "-F", "/etc/runbook/ssh config")


@given(st.lists(st.text(st.characters(exclude_characters="\0")), min_size=1))
def test_a_remote_command_is_one_word_that_the_far_shell_takes_apart(argv: list[str]) -> None:
    command = ssh("server-01").command(argv)
    assert command[-2] == "server-01"
    assert shlex.split(command[-1]) == argv


def test_sudo_never_asks() -> None:
    assert sudo().command(["id"]) == ["env", "LC_ALL=C", "sudo", "-n", "--", "id"]
    assert ssh_sudo("server-01").command(["id"])[-1] == "env LC_ALL=C sudo -n -- id"


def test_a_local_command_is_itself() -> None:
    assert local().command(["id", "-u"]) == ["id", "-u"]


def test_each_says_what_it_is() -> None:
    descriptions = [p.description for p in (local(), sudo(), ssh("a"), ssh_sudo("a"))]
    assert descriptions == ["this machine", "this machine through sudo", "ssh a", "ssh a with sudo"]
