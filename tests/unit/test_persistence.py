from __future__ import annotations

import pytest
from tests.unit import fakes

from runbook import persistence
from runbook.persistence import LOADERS, PLUGINS
from runbook.transport.host import Completed


def host(enabled: str, *loaders: str) -> fakes.FakeHost:
    made = fakes.FakeHost(
        answers=[lambda argv: Completed(tuple(argv), 0, f"{enabled}\n".encode(), b"")]
    )
    for name in loaders:
        made.hold(f"{PLUGINS.rpartition('/')[0]}/{name}")
    return made


@pytest.mark.parametrize(
    ("enabled", "loaders"),
    [
        ("enabled", ()),
        ("enabled", LOADERS[:1]),
        ("disabled", LOADERS),
        ("masked", LOADERS),
        ("", LOADERS),
    ],
)
def test_a_boot_that_would_not_load_them_is_seen(enabled: str, loaders: tuple[str, ...]) -> None:
    found = persistence.read(host(enabled, *loaders))
    assert not found.in_place
    assert found.missing == LOADERS[len(loaders) :]


def test_debian_s_own_means_are_in_place() -> None:
    assert persistence.read(host("enabled", *LOADERS)).in_place
