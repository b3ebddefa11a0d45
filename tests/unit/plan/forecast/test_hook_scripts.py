"""What a line of a script of ifupdown does, told by its words."""

from __future__ import annotations

import pytest

from runbook.plan.forecast.hook_scripts import asks_method, doing, for_iface
from runbook.state.host.line_search import Line
from runbook.state.host.naming_files import NamingFile


def script(*lines: str) -> NamingFile:
    numbered = tuple(Line(number, text) for number, text in enumerate(lines, start=1))
    return NamingFile("/etc/network/if-up.d/own", numbered)


@pytest.mark.parametrize(
    "line",
    [
        "mount -a -t nfs",
        "/usr/local/sbin/register",
        '[ "$IFACE" = lo ] || service ntp restart',
        'case "$METHOD" in static) /usr/local/sbin/set-up "$IFACE" ;; esac',
        'BOUND|REBIND) /usr/local/sbin/register "$new_ip_address" ;;',
        'if [ "$IFACE" != lo ]; then /sbin/ip rule add from 10.0.0.1 lookup 7; fi',
        "ethtool -K $IFACE tso off; curl -fs http://dns.example.net/",
    ],
)
def test_a_line_that_needs_more_than_the_link_does_something(line: str) -> None:
    assert doing(script(line)) == (Line(1, line),)


@pytest.mark.parametrize(
    "line",
    [
        "set -e",
        '[ "$IFACE" != lo ] || exit 0',
        'case "$IFACE" in lo|docker*) exit 0 ;; esac',
        "static|dhcp)",
        "; then",
        "NAME=office",
        ". /etc/default/office",
        "ethtool -K $IFACE tso off || true",
        "/sbin/tc qdisc replace dev $IFACE root fq && logger up",
        "ip link set dev $IFACE txqueuelen 5000",
        "iptables -A INPUT -i $IFACE -j ACCEPT",
    ],
)
def test_a_line_that_asks_or_sets_up_the_link_does_nothing_else(line: str) -> None:
    assert doing(script(line)) == ()


def test_a_script_for_one_way_of_configuration_is_told_from_one_that_passes_over_loopback() -> None:
    asks = '[ "$METHOD" = static ] || exit 0'
    assert asks_method(script(asks)) == (Line(1, asks),)
    assert asks_method(script('case "$METHOD" in', "dhcp) exit 0 ;;", "esac"))
    assert asks_method(script('[ "$METHOD" != loopback ] || exit 0')) == ()
    assert asks_method(script('ip rule add from "${IF_ADDRESS}" lookup 7'))
    assert asks_method(script('[ -n "$IF_BRIDGE_PORTS" ] || exit 0')) == ()


def test_what_is_done_to_the_interface_that_comes_up_is_told_from_the_rest() -> None:
    proxy = 'ip neigh add proxy 172.16.9.9 dev "${IFACE}"'
    lines = ('[ "$IFACE" = eth1 ] && exit 0', proxy, "systemctl restart ntp")
    assert for_iface(script(*lines)) == (Line(2, proxy),)
