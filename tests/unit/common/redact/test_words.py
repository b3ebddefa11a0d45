"""The words of a command without their secrets: as many, in the same order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.common.redact import REDACTED, redact_argv

SECRET = "S3cretVaLue99"  # noqa: S105 - planted, to be looked for


@pytest.mark.parametrize(
    "line",
    [
        "dhclient -e PASSWORD={} enp4s0f0",
        "curl -u admin:{} http://r/",
        "curl --user admin:{} http://r/",
        "curl --proxy-user admin:{} http://r/",
        "wget --http-password={} http://r/",
        "wget --password {} http://r/",
        "nmcli con modify lan wifi-sec.psk {}",
        "env API_TOKEN={} run",
        "iptables -A INPUT -m comment --comment password={} -j ACCEPT",
        "wget http://admin:{}@r/x",
        "sshpass -p{} ssh r",
        "sshpass -p {} ssh r",
        "iw dev wlan0 connect lan key 0:{}",
        "run Bearer {}",
        "ip -6 token={}",
    ],
)
def test_a_secret_goes_and_the_words_stay_as_many(line: str) -> None:
    words = line.format(SECRET).split()
    kept = redact_argv(words)
    assert SECRET not in " ".join(kept)
    assert REDACTED in " ".join(kept)
    assert len(kept) == len(words)
    assert (kept[0], kept[-1].partition("=")[0]) == (words[0], kept[-1].partition("=")[0])


@pytest.mark.parametrize(
    "line",
    [
        "dhclient -4 -v -i -pf /run/dhclient.eth0.pid -lf /var/lib/dhcp/dhclient.leases eth0",
        "ip route add default via 172.16.0.1 dev virbr1",
        "iptables -w 5 -t nat -A POSTROUTING -o virbr1 -j MASQUERADE",
        "sleep 5",
        "ifup --force enp4s0f0",
    ],
)
def test_a_command_without_a_secret_is_the_same(line: str) -> None:
    assert redact_argv(line.split()) == tuple(line.split())


@given(st.lists(st.text(max_size=20), max_size=6))
def test_any_words_come_out_as_many_and_twice_is_as_once(words: list[str]) -> None:
    kept = redact_argv(words)
    assert len(kept) == len(words)
    assert redact_argv(kept) == kept
