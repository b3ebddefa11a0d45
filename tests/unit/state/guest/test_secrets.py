from __future__ import annotations

import pytest

from runbook.state.guest.files import InsideFile
from runbook.state.guest.secrets import holds_secret, without_arguments

HEAD = "# This file describes the network interfaces available on your system\nauto eth0\n"
STANZA = f"{HEAD}iface eth0 inet dhcp\n"


@pytest.mark.parametrize(
    "text",
    [
        f"{STANZA}    wpa-psk hunter22\n",
        f"{STANZA}    pre-up /usr/local/bin/vpn --user a --password hunter22\n",
        f"{STANZA}    post-up curl -u admin:hunter22 http://nms/up\n",
        f"{STANZA}    post-up curl --user=admin:hunter22 http://nms/up\n",
        f"{STANZA}    post-up wget http://admin:hunter22@nms/up\n",
        f"{STANZA}    post-up curl -H 'Authorization: Basic hunter22' http://nms/\n",
        f"{STANZA}    up iw dev wlan0 connect lan key 0:hunter22\n",
        f"# wpa-psk hunter22\n{STANZA}",
        f"# the password is hunter22\n{STANZA}",
        f"{STANZA}    # up curl -u admin:hunter22 http://nms/up\n",
        "network: {wifis: {wl0: {access-points: {home: {password: hunter22}}}}}\n",
        "network:\n  tunnels:\n    wg0:\n      keys: {private: hunter22}\n",
        "network:\n  tunnels:\n    wg0:\n      key:\n        hunter22\n",
    ],
)
def test_a_secret_is_known_by_its_name_or_its_form(text: str) -> None:
    assert holds_secret(text)
    assert InsideFile("/etc/x", text.encode(), 0o644).harmless is None


@pytest.mark.parametrize(
    "text",
    [
        STANZA,
        f"# private LAN, shared by all; NICs pass through\n{STANZA}",
        f"{STANZA}    dns-search private.lan key.lan\n",
        f"{STANZA}    post-up iptables-restore < /etc/iptables.rules\n",
        f"{STANZA}    up echo 1 > /proc/sys/net/ipv4/conf/eth0/arp_filter\n",
        f"{STANZA}    up ip route add 10.0.0.0/8 via 10.0.0.1 2>/dev/null || true\n",
        f"{STANZA}    up /usr/local/bin/announce\n",
        "network:\n  ethernets:\n    ens3: {dhcp4: true}\n",
        "[Match]\nName=ens3\n[Network]\nDHCP=yes\n",
        "search lan\nnameserver 9.9.9.9\n",
    ],
)
def test_a_file_without_one_is_kept_as_it_is(text: str) -> None:
    assert not holds_secret(text)
    assert without_arguments(text) == text


@pytest.mark.parametrize(
    "hook",
    [
        "vpn hunter22",
        "/opt/x hunter22",
        "echo hunter22 | /opt/x",
        "ip link set eth0 up; /opt/x hunter22",
        "ip link set eth0 up && sudo /opt/x hunter22",
        "ip link set $(/opt/x hunter22) up",
        "/opt/x \\\n    hunter22",
        "\\\n  /opt/x hunter22",
        "'/opt/x' hunter22",
    ],
)
def test_a_hook_that_nobody_knows_keeps_its_arguments_to_itself(hook: str) -> None:
    text = f"{STANZA}    post-up {hook}\n    mtu 1400\n"
    shown = without_arguments(text)
    assert "hunter22" not in shown
    assert shown.startswith(f"{STANZA}    post-up ")
    assert shown.endswith("<redacted>\n    mtu 1400\n")
    assert InsideFile("/etc/x", text.encode(), 0o644).harmless is None
