"""What would find no network at a boot, because the address comes with libvirtd."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes
from tests.unit.fakes import IP
from tests.unit.preflight.looking import look, refusal, told

from runbook.preflight.late import ABOUT, CONSENT
from runbook.state.host.late_network import LateNetwork


@pytest.mark.parametrize(
    ("late", "names"),
    [
        (LateNetwork(units=("needs-net.service",)), ("needs-net.service", "After=libvirtd")),
        (LateNetwork(units=("mnt-nfs.mount",)), ("mnt-nfs.mount", "x-systemd.automount")),
        (LateNetwork(sockets=(f"python3 (tcp {IP}:8000)",)), (f"python3 (tcp {IP}:8000)", IP)),
    ],
)
def test_what_starts_before_the_address_is_there_is_named(
    late: LateNetwork, names: tuple[str, ...]
) -> None:
    found = refusal(around=replace(fakes.GOOD, late=late))
    assert (found.level, found.name) == ("consent", CONSENT)
    for name in names:
        assert name in found.seen + found.then
    assert look(around=replace(fakes.GOOD, late=late), consent=["bpdu", CONSENT])


def test_what_tries_again_by_itself_is_no_matter() -> None:
    late = LateNetwork(units=("apt-daily.service", "ifupdown-wait-online.service"))
    assert told(look(around=replace(fakes.GOOD, late=late)), "ok", ABOUT)


@pytest.mark.parametrize("program", ["sshd", "dhcpcd", "ntpd"])
def test_what_binds_to_each_address_as_it_comes_is_no_matter(program: str) -> None:
    late = LateNetwork(sockets=(f"{program} (udp {IP}:68)",))
    assert told(look(around=replace(fakes.GOOD, late=late)), "ok", ABOUT)
