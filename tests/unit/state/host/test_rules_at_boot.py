from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.unit import fakes

from runbook.state.host import rules_at_boot
from runbook.state.host.rules_at_boot import FLUSHER, LOADERS, PLUGINS, UNIT
from runbook.transport.host import Completed


def host(*loaders: str, version: str = "", **states: str) -> fakes.FakeHost:
    """A host with these loaders, whose units are as told."""
    said = {UNIT: states.get("unit", ""), FLUSHER: states.get("flusher", ""), "--version": version}

    def answer(argv: Sequence[str]) -> Completed:
        return Completed(tuple(argv), 0, f"{said[argv[-1]]}\n".encode(), b"")

    made = fakes.FakeHost(answers=[answer])
    for name in loaders:
        made.hold(f"{PLUGINS.rpartition('/')[0]}/{name}")
    return made


@pytest.mark.parametrize(
    ("enabled", "loaders"),
    [("enabled", ()), ("enabled", LOADERS[:1]), ("disabled", LOADERS), ("", LOADERS)],
)
def test_a_boot_that_would_not_load_them_is_seen(enabled: str, loaders: tuple[str, ...]) -> None:
    found = rules_at_boot.read(host(*loaders, unit=enabled))
    assert not found.in_place
    assert found.missing == LOADERS[len(loaders) :]


@pytest.mark.parametrize(
    ("version", "backend"),
    [
        ("iptables v1.8.9 (nf_tables)", "nft"),
        ("iptables v1.8.2 (legacy)", "legacy"),
        ("iptables v1.6.0", ""),
        ("", ""),
    ],
)
def test_the_backend_is_what_the_program_says(version: str, backend: str) -> None:
    assert rules_at_boot.read(host(version=version)).backend == backend


def test_debian_s_own_means_are_in_place() -> None:
    found = rules_at_boot.read(host(*LOADERS, unit="enabled", flusher="disabled"))
    assert (found.in_place, found.nftables) == (True, False)
    assert rules_at_boot.read(host(flusher="enabled")).nftables
