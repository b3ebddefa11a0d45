from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.fakes import FakeHost
from tests.unit.state.recorded import host

from runbook.common.errors import ReadFailed
from runbook.state import identity

RELEASE = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n\n# x\n'


def there(*, without: str = "", release: str = RELEASE) -> FakeHost:
    made = FakeHost()
    for path in identity.PATHS:
        if path != without:
            made.hold(path, release if path.endswith("release") and "etc" in path else "x\n")
    return made


def test_the_recorded_host_says_who_it_is(tmp_path: Path) -> None:
    told = identity.read(host(tmp_path))
    assert (told.hostname, told.os_id, told.os_version) == ("server-01", "debian", "12")
    assert told.os_name == "Debian GNU/Linux 12 (bookworm)"
    assert len(told.machine_id) == 32
    assert told.libvirt_version == 9_000_000


@pytest.mark.parametrize("path", identity.PATHS)
def test_one_that_does_not_say_is_named(path: str) -> None:
    with pytest.raises(ReadFailed, match=f"{path} is missing or empty") as failed:
        identity.read(there(without=path))
    assert failed.value.host == "server-01"
    empty = there()
    empty.hold(path, "\n")
    with pytest.raises(ReadFailed, match=f"{path} is missing or empty"):
        identity.read(empty)


def test_a_release_that_says_little_is_still_a_host() -> None:
    told = identity.read(there(release="NAME=own\nnonsense"))
    assert (told.os_id, told.os_version, told.os_name) == ("", "", "")
