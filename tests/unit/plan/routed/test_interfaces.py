from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import fakes
from tests.unit.fakes import NIC, Row

from runbook.common.errors import Refused
from runbook.plan.changes.file_steps import EditFile
from runbook.plan.routed.interfaces import ADDRESSING, manual_stanza, nic_stanzas
from runbook.plan.routed.procedure import make_plan
from runbook.state.syntax import ifupdown

PATH = "/etc/network/interfaces"
BEFORE = f"""\
# This file describes the network interfaces.
source /etc/network/interfaces.d/*

auto lo
iface lo inet loopback

auto {NIC}
allow-hotplug {NIC}
"""
AFTER = """\

# a second one
iface enp4s0f1 inet static
    address 10.0.0.1/8
"""


def after(content: str, *others: Row, path: str = PATH) -> str:
    """The file once the NIC is manual."""
    seen = fakes.seen(files=[fakes.file(path, content), *others])
    (edit,) = manual_stanza(NIC, seen)
    assert (edit.path, edit.sha256) == (path, hashlib.sha256(content.encode()).hexdigest())
    (step,) = edit.do()
    assert isinstance(step, EditFile)
    return step.applied_to(content.encode()).decode()


def test_only_the_address_goes_and_all_else_stays_to_the_letter() -> None:
    stanza = f"""\
iface {NIC} inet static
    # set by hand, see the plan
    address 172.16.1.1/16
    broadcast 172.16.255.255
\tgateway 172.16.0.1
    metric 10
    dns-nameservers 10.255.255.53 \\
        10.255.255.54
    hwaddress 02:00:00:00:01:01

    mtu 9000
"""
    manual = f"""\
iface {NIC} inet manual
    # set by hand, see the plan
    dns-nameservers 10.255.255.53 \\
        10.255.255.54
    hwaddress 02:00:00:00:01:01

    mtu 9000
"""
    assert after(BEFORE + stanza + AFTER) == BEFORE + manual + AFTER


@pytest.mark.parametrize("method", ["static", "dhcp", "wvdial", "tunnel"])
def test_whatever_gave_the_address_gives_it_no_more(method: str) -> None:
    text = BEFORE + f"iface {NIC} inet {method}\n" + AFTER
    assert after(text) == BEFORE + f"iface {NIC} inet manual\n" + AFTER


def test_a_dhcp_stanza_in_a_file_of_its_own() -> None:
    path = "/etc/network/interfaces.d/lan"
    main = fakes.file(PATH, "source /etc/network/interfaces.d/*\n")
    content = f"auto {NIC}\niface {NIC} inet dhcp\n    hostname web\n    client web"
    assert after(content, main, path=path) == f"auto {NIC}\niface {NIC} inet manual\n"


def test_what_goes_on_over_several_lines_goes_with_all_of_them() -> None:
    text = f"iface {NIC} \\\n inet static\n address \\\n 172.16.1.1/16\n mtu 1400\n"
    assert after(text) == f"iface {NIC} inet manual\n mtu 1400\n"


def test_a_comment_that_ends_like_a_line_that_goes_on_hides_nothing() -> None:
    text = f"iface {NIC} inet static\n# once \\\n address 172.16.1.1/16\n"
    assert after(text) == f"iface {NIC} inet manual\n# once \\\n"


def test_a_stanza_that_is_manual_already_is_left_alone() -> None:
    text = f"iface {NIC} inet manual\n    up true\n"
    assert list(manual_stanza(NIC, fakes.seen(files=[fakes.file(PATH, text)]))) == []


kept = st.sampled_from(
    ["    mtu 1400", "\tdns-search lan", "    # comment", "", "    mac \\\n      02:00"]
)
dropped = st.sampled_from(
    ["    address 172.16.1.1/16", "    gateway \\\n   172.16.0.1", "\tnetmask 255.255.0.0"]
)


@given(st.lists(st.one_of(kept, dropped), max_size=6), st.booleans())
def test_after_it_the_nic_is_manual_and_every_other_line_is_there(
    options: list[str],
    more: bool,  # noqa: FBT001
) -> None:
    rest = AFTER if more else ""
    text = BEFORE + "\n".join([f"iface {NIC} inet static", *options, ""]) + rest
    made = after(text)
    assert made.startswith(BEFORE)
    assert made.endswith(rest)
    stanzas = ifupdown.parse(PATH, made)
    others = [(s.kind, s.name, s.family, s.options) for s in stanzas if s.method != "manual"]
    was = [s for s in ifupdown.parse(PATH, text) if (s.name, s.family) != (NIC, "inet")]
    assert others == [(s.kind, s.name, s.family, s.options) for s in was]
    (manual,) = (s for s in stanzas if s.method == "manual")
    assert not ADDRESSING & {word for word, _ in manual.options}
    gone = ("172.16", "gateway", "netmask")
    lines = [line for option in options for line in option.split("\n")]
    left = made[len(BEFORE) : len(made) - len(rest)].split("\n")[1:]
    assert [line for line in left if line] == [
        line for line in lines if line and not any(word in line for word in gone)
    ]


@pytest.mark.parametrize("hook", sorted(ifupdown.HOOKS))
def test_a_command_that_hangs_on_the_address_is_refused_with_its_line(hook: str) -> None:
    text = f"iface {NIC} inet static\n    address 172.16.1.1/16\n    {hook} ip rule add from all\n"
    with pytest.raises(Refused, match=f"{hook} ip rule add from all") as refused:
        after(text)
    assert refused.value.host == "server-01"


def test_a_secret_is_never_written_back_redacted() -> None:
    text = f"iface {NIC} inet dhcp\n    wpa-psk <redacted>\n"
    with pytest.raises(Refused, match="wpa-psk <redacted>"):
        after(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"iface {NIC} inet6 auto\n",
        f"# iface {NIC} inet static\n",
        f"iface {NIC}:1 inet static\n",
        "mapping enp4s0f0\n  map home\niface home inet dhcp\n",
    ],
)
def test_a_nic_without_a_stanza_is_refused(text: str) -> None:
    seen = fakes.seen(files=[fakes.file(PATH, text)])
    with pytest.raises(Refused, match=f"ifupdown has no stanza `iface {NIC} inet`"):
        nic_stanzas(NIC, seen)


def test_the_real_manager_of_the_nic_is_named() -> None:
    text = f"mapping {NIC}\n  script /usr/local/bin/where\n  map home\niface home inet dhcp\n"
    with pytest.raises(Refused, match=f"mapping {NIC}` in {PATH}"):
        nic_stanzas(NIC, fakes.seen(files=[fakes.file(PATH, text)]))


@pytest.mark.parametrize("state", ["enabled", "enabled-runtime"])
def test_who_has_the_nic_is_named_before_a_stanza_is_missed(state: str) -> None:
    made = "/run/systemd/network/10-netplan-lan.network"
    files = [fakes.file(PATH, ""), fakes.file(made, f"[Match]\nName={NIC}\n")]
    host = fakes.seen(files=files, units=fakes.units(**{"systemd-networkd": state}))
    with pytest.raises(Refused, match="netplan, through systemd-networkd configures") as refused:
        make_plan(fakes.params(), host)
    assert made in refused.value.what
    assert "no `--now`" in refused.value.then
    assert "/etc/netplan/*.yaml" in refused.value.then


def test_a_stanza_that_ifupdown_does_not_come_to_is_named() -> None:
    other = "/etc/network/interfaces.d/lan"
    files = [fakes.file(PATH, "auto lo\n"), fakes.file(other, f"iface {NIC} inet dhcp\n")]
    with pytest.raises(Refused, match=f"{other} has one, and ifupdown does not read") as refused:
        nic_stanzas(NIC, fakes.seen(files=files))
    assert "`source` it" in refused.value.then


@pytest.mark.parametrize("word", [f"{NIC}=home", "/enp*/=home"])
def test_a_stanza_of_another_name_for_the_nic_is_named(word: str) -> None:
    files = [fakes.file(PATH, f"auto lo {word}\niface home inet dhcp\n")]
    with pytest.raises(Refused, match="gives it a stanza of another name") as refused:
        nic_stanzas(NIC, fakes.seen(files=files))
    assert f"`auto {NIC}`" in refused.value.then


def test_all_commands_of_the_stanza_are_named_at_once_and_routes_may_simply_go() -> None:
    route, other = "up ip route add 10.0.0.0/8 via 172.16.0.9", "post-up /usr/local/bin/notify"
    text = f"iface {NIC} inet static\n    address 172.16.1.1/16\n    {route}\n    {other}\n"
    with pytest.raises(Refused) as refused:
        after(text)
    assert route in refused.value.what
    assert other in refused.value.what
    assert "carries the live routes" in refused.value.then
    assert "move the other commands" in refused.value.then
    with pytest.raises(Refused) as routes_only:
        after(text.replace(f"    {other}\n", ""))
    assert "move" not in routes_only.value.then


def test_of_two_files_that_both_have_it_the_first_keeps_the_name() -> None:
    stanza = f"iface {NIC} inet dhcp\n"
    main = fakes.file(PATH, f"source interfaces.d/*\n{stanza}")
    files = [main, fakes.file("/etc/network/interfaces.d/lan", stanza)]
    edits = list(manual_stanza(NIC, fakes.seen(files=files)))
    assert [edit.path for edit in edits] == [PATH, "/etc/network/interfaces.d/lan"]
    assert [edit.edits[0].text for edit in edits] == [f"iface {NIC} inet manual\n", ""]


REJOIN = "post-up [ ! -e /sys/class/net/virbr1 ] || /etc/libvirt/hooks/x routed started"
BOND = """\
auto bond0
iface bond0 inet {method}
{more}    bond-slaves enp4s0f0 enp4s0f1
    bond-mode 802.3ad
    mtu 9000
    up ip link set $IFACE mtu 9000
"""


def rejoined(nic: str, text: str) -> str:
    rows = [fakes.address(nic, "172.16.1.1/16")]
    seen = fakes.seen(files=[fakes.file(PATH, text)], addresses=rows)
    edits = list(manual_stanza(nic, seen, REJOIN))
    for edit in edits:
        (step,) = edit.do()
        assert isinstance(step, EditFile)
        text = step.applied_to(text.encode()).decode()
    return text


def test_a_bond_keeps_its_slaves_mode_and_mtu_and_joins_the_bridge_when_it_is_made_anew() -> None:
    text = BOND.format(method="static", more="    address 172.16.1.1/16\n")
    manual = BOND.format(method="manual", more=f"    {REJOIN}\n")
    assert rejoined("bond0", text) == manual
    # Also where no stanza gave the address, and not twice.
    assert rejoined("bond0", BOND.format(method="manual", more="")) == manual
    assert rejoined("bond0", manual) == manual


@pytest.mark.parametrize("name", [f"{NIC}.10", "vlan10"])
def test_a_vlan_keeps_its_raw_device(name: str) -> None:
    text = f"iface {name} inet static\n address 172.16.1.1/16\n vlan-raw-device {NIC}\n"
    assert rejoined(name, text) == (
        f"iface {name} inet manual\n    {REJOIN}\n vlan-raw-device {NIC}\n"
    )


IPV6 = f"""\

# IPv6 comes by itself
iface {NIC} inet6 auto
    accept_ra 2
    privext 0
    dns-nameservers fd16::53

iface enp4s0f1 inet6 auto
"""


STATIC = f"iface {NIC} inet static\n    address 172.16.1.1/16\n"


def test_its_ipv6_stanza_becomes_inet_manual_too_in_the_same_edit() -> None:
    # `ifdown -a` sets the link of an `inet6 manual` stanza down, and of no `inet manual` one.
    made = after(BEFORE + STATIC + IPV6)
    assert made == BEFORE + f"iface {NIC} inet manual\n" + IPV6.replace(
        f"iface {NIC} inet6 auto\n    accept_ra 2\n    privext 0\n", f"iface {NIC} inet manual\n"
    )


@pytest.mark.parametrize(
    ("six", "left"),
    [
        ("inet6 static\n    address fd16::101/64\n    dad-attempts 0\n", ""),
        ("inet6 auto\n    # by the router\n    privext 0\n", "    # by the router\n"),
        ("inet6 manual\n", ""),
        ("inet6 \\\nmanual\n", ""),
        ("inet6 manual\n    up logger six\n", f"iface {NIC} inet manual\n    up logger six\n"),
        ("inet6 manual\n    mtu 1400\n", f"iface {NIC} inet manual\n    mtu 1400\n"),
    ],
)
def test_no_stanza_stays_by_which_a_restart_of_networking_sets_the_link_down(
    six: str, left: str
) -> None:
    assert after(f"{STATIC}iface {NIC} {six}auto eth9\n") == (
        f"iface {NIC} inet manual\n{left}auto eth9\n"
    )


def test_an_ipv6_stanza_in_another_file_is_an_edit_of_its_own() -> None:
    other = "/etc/network/interfaces.d/six"
    files = [
        fakes.file(PATH, f"iface {NIC} inet static\n    address 172.16.1.1/16\nsource {other}\n"),
        fakes.file(other, f"iface {NIC} inet6 static\n    address fd16::1:1/64\n"),
    ]
    edits = list(manual_stanza(NIC, fakes.seen(files=files)))
    assert [edit.path for edit in edits] == [PATH, other]


@pytest.mark.parametrize("method", ["dhcp", "v4tunnel", "6to4"])
def test_an_ipv6_method_that_is_not_carried_over_is_refused_with_those_that_are(
    method: str,
) -> None:
    text = f"iface {NIC} inet manual\niface {NIC} inet6 {method}\n"
    with pytest.raises(Refused, match=f"inet6 {method}`, which is not carried") as refused:
        list(manual_stanza(NIC, fakes.seen(files=[fakes.file(PATH, text)])))
    assert "static, auto, manual" in refused.value.then
