"""A host that the next boot would cut off is refused while it still can be mended."""

from __future__ import annotations

import pytest
from tests.unit import fakes
from tests.unit.preflight.looking import plus, refusal


@pytest.mark.parametrize(
    ("states", "what"),
    [
        ({"networking": "disabled"}, "networking.service"),
        ({"NetworkManager": "enabled"}, "NetworkManager.service"),
    ],
)
def test_a_host_that_the_next_boot_would_cut_off(states: dict[str, str], what: str) -> None:
    found = refusal(fakes.seen(units=fakes.units(**states)))
    assert found.about == "the next boot"
    assert what in found.seen + found.then


def test_a_file_that_turns_forwarding_off_again_at_the_next_boot() -> None:
    path = "/etc/sysctl.d/99-hardening.conf"
    found = refusal(plus("files", fakes.file(path, "net.ipv4.ip_forward=0\n")))
    assert path in found.then
