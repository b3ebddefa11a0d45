from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.fakes import FakeHost
from tests.unit.state.recorded import as_documented, column, host

from runbook.common import octets
from runbook.common.redact import REDACTED
from runbook.state import files
from runbook.transport.host import HostFile

INTERFACES = "/etc/network/interfaces"


def there(**texts: str) -> FakeHost:
    """A host with these interface files, by their name below /etc/network."""
    made = FakeHost()
    for name, content in texts.items():
        made.hold(f"/etc/network/{name.replace('__', '/')}", content)
    return made


def test_a_file_is_told_as_it_is() -> None:
    table = files.parse([HostFile("/etc/x", b"a\r\n\xc3\xa9", 0o640, 7, 8)])
    assert as_documented(table, files.TABLE)
    (row,) = table
    assert (row.mode, row.uid, row.gid) == ("0640", 7, 8)
    assert (row.content, row.encoding) == ("a\r\n\u00e9", "utf-8")


@given(st.binary(max_size=60))
def test_the_digest_is_of_the_bytes_and_no_file_breaks_the_reader(content: bytes) -> None:
    (row,) = files.parse([HostFile("/etc/x", content, 0o644)])
    assert row.sha256 == hashlib.sha256(content).hexdigest()
    assert octets.bytes_of(row.content) == content or "<redacted>" in row.content


def test_a_byte_that_is_not_utf8_keeps_no_secret() -> None:
    secret = HostFile("/etc/x", b"# f\xfcr\nwpa-psk hunter2\n", 0o600)
    (row,) = files.parse([secret])
    assert row.content == "# f\udcfcr\nwpa-psk <redacted>\n"
    assert row.encoding == "surrogateescape"


def test_what_an_earlier_version_kept_as_base64_is_text_when_it_is_read_again() -> None:
    content = b"# f\xfcr\nwpa-psk hunter2\n"
    (row,) = files.parse([HostFile("/etc/x", content, 0o600)])
    old = row._replace(content=base64.b64encode(content).decode(), encoding="base64")
    assert files.as_text(old) == row == files.as_text(row)


@pytest.mark.parametrize("odd", [b"", b"# f\xfcr\n", b"# a\0b\n"])
def test_a_secret_never_leaves_the_reader_whatever_else_the_file_holds(odd: bytes) -> None:
    secret = "hunter2 hunter3"  # noqa: S105 - planted, to be looked for
    content = b"auto eth0\niface eth0 inet static\n  wpa-psk \\\n    " + secret.encode() + b"\n"
    (row,) = files.parse([HostFile("/etc/x", odd + content, 0o644)])
    assert "hunter" not in str(row)
    assert REDACTED in row.content
    assert row.content.count("\n") == (odd + content).count(b"\n")
    assert row.sha256 == hashlib.sha256(odd + content).hexdigest()


@pytest.mark.parametrize("secret", ["hunter2 " * 30, "one\\nhunter2", "one\\n\\n hunter2\\n"])
def test_cloud_init_s_network_has_no_secret_however_yaml_folds_it(secret: str) -> None:
    path = "/etc/cloud/cloud.cfg.d/50-network.cfg"
    text = f'network: {{wifis: {{wlan0: {{access-points: {{a: {{password: "{secret}"}}}}}}}}}}\n'
    (row,) = files.parse([HostFile(path, text.encode(), 0o600)])
    assert "access-points" in row.content
    assert "hunter2" not in row.content


def test_files_that_are_sourced_are_followed_wherever_they_lie() -> None:
    host = there(
        interfaces="source interfaces.d/*\nsource /etc/network/more\n",
        interfaces__d="",
        more="source-directory deeper\n",
        deeper__last="iface eth9 inet manual\n",
    )
    host.hold("/etc/network/interfaces.d/lan", "source /etc/network/interfaces\n")
    found = set(column(files.read(host), "path"))
    names = {"interfaces", "interfaces.d/lan", "more", "deeper/last"}
    assert found >= {f"/etc/network/{name}" for name in names}


def test_a_host_without_interface_files_is_an_empty_table() -> None:
    assert as_documented(files.read(FakeHost()), files.TABLE)


def test_the_recorded_host_has_what_its_network_comes_up_from(tmp_path: Path) -> None:
    table = files.read(host(tmp_path))
    assert as_documented(table, files.TABLE)
    (content,) = column(table, "content", path=INTERFACES)
    assert "iface enp4s0f0 inet static" in content
    assert {"/etc/sysctl.conf", "/etc/nftables.conf"} <= set(column(table, "path"))
