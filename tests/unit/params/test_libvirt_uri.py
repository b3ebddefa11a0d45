"""libvirt is asked on the host that ssh reaches, and nowhere else."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from runbook.params import Access

OURS = "qemu+ssh://server-01/system"


def given(uri: str, connect: str = "ssh", destination: str = "root@server-01") -> Access:
    asked = {"host": "h", "connect": connect, "destination": destination, "libvirt_uri": uri}
    return Access.model_validate(asked | {"recording": "a.json"})


@pytest.mark.parametrize(
    "uri",
    [
        "qemu+ssh://server-02/system",
        "qemu+ssh://server-01.example/system",
        "qemu+ssh://server-01@server-02/system",
        "qemu+tcp://server-01/system",
        "qemu+tls://server-01/system",
        "qemu+libssh2://server-01/system",
        "qemu+ext:///system?command=/x",
        "qemu:///system",
        "qemu+ssh://server-01/session",
        "qemu+ssh:///system",
        "xen+ssh://server-01/system",
        f"{OURS}?command=/x",
        f"{OURS}?COMMAND=/x",
        f"{OURS}?%63ommand=/x",
        f"{OURS}?proxy=auto&command=/x",
        f"{OURS}?proxy=auto;command=/x",
        f"{OURS}?no_verify=1",
        f"{OURS}?netcat=/x",
        f"{OURS}?socket=/tmp/forwarded",
        f"{OURS}#?",
        "qemu+ssh://server-01\\@server-02/system",
    ],
)
def test_a_uri_that_may_lead_elsewhere_is_refused_by_name(uri: str) -> None:
    with pytest.raises(ValidationError, match=r"another machine|it names|not of the form"):
        given(uri)


@pytest.mark.parametrize("connect", ["local", "sudo"])
@pytest.mark.parametrize("uri", [OURS, "qemu:///session", "qemu+unix:///system?socket=/x"])
def test_this_machine_has_one_libvirt(connect: str, uri: str) -> None:
    with pytest.raises(ValidationError, match="another machine"):
        given(uri, connect)


@pytest.mark.parametrize(
    ("uri", "connect", "destination"),
    [
        (OURS, "ssh", "server-01"),
        (
            "qemu+ssh://ann@SERVER-01:2222/system?proxy=netcat&keyfile=/k",
            "ssh+sudo",
            "ann@server-01",
        ),
        ("qemu+ssh://[fd16::1]/system", "ssh", "root@fd16::1"),
        ("qemu:///system", "local", "server-01"),
        ("qemu:///system", "sudo", "server-01"),
        ("qemu+tcp://anywhere/system", "recorded", "server-01"),
    ],
)
def test_a_uri_of_the_same_host_is_taken(uri: str, connect: str, destination: str) -> None:
    assert given(uri, connect, destination).libvirt_uri == uri
