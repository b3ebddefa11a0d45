"""What would find no network at a boot, because the address comes with libvirtd."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit import fakes
from tests.unit.fakes import IP
from tests.unit.preflight.looking import look, refusal, told

from runbook.preflight import RefusedByPreflight
from runbook.preflight.late import ABOUT, CONSENT
from runbook.state.host.late_network import BoundSocket, LateNetwork

EARLY = BoundSocket("python3", "tcp", f"{IP}:8000", "web.service", waits=False)
NO_UNIT = EARLY._replace(unit="")
LATE = EARLY._replace(waits=True)


@pytest.mark.parametrize(
    ("late", "names"),
    [
        (
            LateNetwork(sockets=(EARLY,)),
            (str(EARLY), "systemctl edit web.service", "After=network-online.target"),
        ),
        (LateNetwork(sockets=(NO_UNIT,)), (str(EARLY), "ip_nonlocal_bind")),
    ],
)
def test_what_binds_before_the_address_is_there_is_named(
    late: LateNetwork, names: tuple[str, ...]
) -> None:
    found = refusal(around=replace(fakes.GOOD, late=late))
    assert (found.level, found.name) == ("consent", CONSENT)
    for name in names:
        assert name in found.seen + found.then
    assert look(around=replace(fakes.GOOD, late=late), consent=["bpdu", CONSENT])


def test_what_waits_for_the_network_is_fine_because_the_network_waits_for_the_bridge() -> None:
    late = LateNetwork(units=("needs-net.service", "web.service"), sockets=(LATE,))
    found = told(look(around=replace(fakes.GOOD, late=late)), "ok", ABOUT)
    assert "needs-net.service, web.service wait for network-online.target" in found.seen
    assert "waits for virbr1, at most 30 s" in found.seen


@pytest.mark.parametrize(
    ("first", "advice"),
    [
        ("mnt-nfs.mount", "add nofail or x-systemd.automount to the options of mnt-nfs.mount"),
        ("rpc-statd-notify.service", "take rpc-statd-notify.service out of the boot"),
    ],
)
def test_nothing_waits_for_the_bridge_if_libvirtd_starts_after_what_waits(
    first: str, advice: str
) -> None:
    late = LateNetwork(("web.service", first), (LATE,), before_libvirt=(first,))
    with pytest.raises(RefusedByPreflight) as refused:
        look(around=replace(fakes.GOOD, late=late))
    vain, bound = (f for f in refused.value.findings if f.about == ABOUT)
    assert f"{first} start after network-online.target and before libvirtd" in vain.seen
    assert "web.service find none either" in vain.seen
    assert advice in vain.then
    assert str(LATE) in bound.seen


def test_what_tries_again_by_itself_is_no_matter() -> None:
    late = LateNetwork(units=("apt-daily.service", "ifupdown-wait-online.service"))
    assert told(look(around=replace(fakes.GOOD, late=late)), "ok", ABOUT)


@pytest.mark.parametrize("program", ["sshd", "dhcpcd", "ntpd"])
def test_what_binds_to_each_address_as_it_comes_is_no_matter(program: str) -> None:
    late = LateNetwork(sockets=(BoundSocket(program, "udp", f"{IP}:68", "", waits=False),))
    assert told(look(around=replace(fakes.GOOD, late=late)), "ok", ABOUT)
