from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.insides import DHCP, MAC, PATH, WANTED, seen

from runbook.guest.configure.edit import edit
from runbook.guest.configure.guest_edit import Declined, GuestEdit
from runbook.state.guest.files import InsideFile
from runbook.state.guest.inside import CLOUD_SWITCH, Inside
from runbook.state.syntax import ifupdown, netplan

STATIC = """\
iface eth0 inet static
    address 172.16.1.10
    netmask 255.255.0.0
    gateway 172.16.0.1
"""


def made(inside: Inside) -> GuestEdit:
    found = edit(inside, WANTED)
    assert isinstance(found, GuestEdit), found
    return found


def after(inside: Inside) -> str:
    (file,) = made(inside).files
    return file.after.decode("latin-1")


def declined(inside: Inside) -> str:
    found = edit(inside, WANTED)
    assert isinstance(found, Declined), found
    assert found.then
    return found.reason


@pytest.mark.parametrize(
    ("inside", "why"),
    [
        (seen(root=False), "not root's"),
        (seen(ifname=""), "no NIC"),
        (seen(master="br0"), "a port of br0"),
        (seen(managers=()), "nothing that is known"),
        (seen(managers=("NetworkManager",)), "managed by NetworkManager"),
        (seen(managers=("ifupdown", "systemd-networkd")), "several lay claim"),
        (seen(default_routes=("10.0.0.1 eth1",)), "another NIC: 10.0.0.1 on eth1"),
        (seen(withheld=(PATH,)), "holds a secret"),
        (seen(withheld=("/opt/net/eth0",)), "/opt/net/eth0 holds a secret"),
        (seen("auto eth0\n"), "0 stanzas"),
        (seen(f"{DHCP}iface eth0 inet static\n    address 10.0.0.2/8\n"), "2 stanzas"),
        (seen("iface eth0 inet ppp\n"), "is `ppp`"),
        (seen(f"{DHCP}    up ip route add 10.0.0.0/8 via 192.168.122.9\n"), "has to do with addr"),
        (seen(f"{DHCP}mapping eth0\n    script /x\n"), "mapping"),
        (seen(f"{DHCP}iface eth1 inet static\n    gateway 10.0.0.1\n"), "has a gateway: eth1"),
        (seen("iface eth0 inet dhcp inherits lan\n"), "not plain"),
        (seen("iface eth0 inet \\\n dhcp\n"), "not plain"),
        (seen(f"{DHCP}# a\0b\n"), f"{PATH} has a NUL byte"),
        (seen(f"\u00ef\u00bb\u00bf{DHCP}"), f"line 1 of {PATH} belongs to no stanza"),
        (seen(unwritable=(PATH,)), f"{PATH} in the guest cannot be replaced"),
        (seen(unwritable=("/etc/network",)), "/etc/network in the guest cannot be replaced"),
    ],
)
def test_what_is_not_sure_is_declined_with_the_reason(inside: Inside, why: str) -> None:
    assert why in declined(inside)


def test_what_is_not_edited_may_be_immutable() -> None:
    assert made(seen(unwritable=("/etc/resolv.conf",))).files


def test_a_name_that_is_not_utf8_is_named() -> None:
    odd = "/etc/network/interfaces.d/\ufffd"
    files = (
        InsideFile(PATH, b"source /etc/network/interfaces.d/*\n", 0o644),
        InsideFile(odd, DHCP.encode(), 0o644),
    )
    assert f"the name of {odd}" in declined(seen(files=files))


def test_bytes_that_are_not_utf8_stay_and_part_no_words() -> None:
    # A no-break space and a next line in Latin-1, where Python sees blanks.
    comment = "    # \u00c5\u00a0dns-nameservers \u00fcber\u0085up route\n"
    stanza = f"{DHCP}{comment}    hostname a\u00a0b\n"
    assert comment in after(seen(stanza))


def test_a_command_that_is_declined_is_told_without_what_it_is_handed() -> None:
    why = declined(seen(f"{DHCP}    up /opt/announce admin hunter22 10.0.0.1\n"))
    assert "up /opt/announce <redacted>" in why
    assert "hunter22" not in why


def test_a_dhcp_stanza_becomes_static_and_all_else_stays() -> None:
    content = f"# the LAN\n{DHCP}    hostname vm\n    mtu 9000\n\n# end"
    head = content[: content.index("iface eth0")]
    assert after(seen(content)) == f"{head}{STATIC}    mtu 9000\n\n# end"


def test_name_servers_comments_and_harmless_commands_stay() -> None:
    kept = "    dns-nameservers 9.9.9.9\n    # why\n    up ethtool -K eth0 tso off\n"
    content = f"iface eth0 inet static\n    address 10.0.0.2/8\n    gateway 10.0.0.1\n{kept}"
    assert after(seen(content)) == STATIC + kept


def test_a_stanza_in_a_file_that_is_taken_in_is_edited_there() -> None:
    main = InsideFile(PATH, b"source interfaces.d/*\n", 0o644)
    own = InsideFile("/etc/network/interfaces.d/eth0", b"iface eth0 inet dhcp\n", 0o600)
    stray = InsideFile("/etc/network/other", b"iface eth0 inet dhcp\n", 0o644)
    (file,) = made(seen(files=(main, own, stray))).files
    assert (file.path, file.before, file.mode) == (own.path, own.content, 0o600)


@pytest.mark.parametrize(
    "stanza",
    [STATIC, "iface eth0 inet static\n address 172.16.1.10/16\n gateway 172.16.0.1\n"],
)
def test_what_is_so_already_is_not_touched(stanza: str) -> None:
    assert made(seen(f"auto eth0\n{stanza}")).files == ()


def test_a_line_end_of_another_system_stays_one() -> None:
    assert after(seen("iface eth0 inet dhcp\r\n")) == STATIC.replace("\n", "\r\n")


def test_a_nic_that_no_boot_brings_up_is_noted() -> None:
    assert "no line `auto eth0`" in " ".join(made(seen("iface eth0 inet dhcp\n")).notes)
    assert "came with DHCP" in " ".join(made(seen()).notes)


def test_cloud_init_is_told_to_leave_the_network_alone() -> None:
    _, switch = made(seen(cloud_init="on")).files
    assert (switch.before, switch.after) == (None, b"network: {config: disabled}\n")
    assert switch.path.startswith("/etc/cloud/cloud.cfg.d/")
    assert len(made(seen(cloud_init="off")).files) == 1


def switched(text: str) -> Inside:
    file = InsideFile(CLOUD_SWITCH, text.encode(), 0o600)
    plain = seen(cloud_init="on")
    return replace(plain, files=(*plain.files, file))


@pytest.mark.parametrize("text", ["", "# later\n", "network: {config: enabled}\n", "network:\n"])
def test_a_switch_of_cloud_init_s_that_is_there_is_edited_as_it_is(text: str) -> None:
    _, switch = made(switched(text)).files
    assert (switch.before, switch.mode) == (text.encode(), 0o600)
    assert switch.after == b"network: {config: disabled}\n"


@pytest.mark.parametrize("text", ["network: {}\nusers: []\n", "network: {\n", "- a\n", "word\n"])
def test_a_switch_that_says_something_else_too_is_left_and_named(text: str) -> None:
    assert CLOUD_SWITCH in declined(switched(text))
    assert CLOUD_SWITCH in declined(seen(cloud_init="on", withheld=(CLOUD_SWITCH,)))


words = st.text("abcdef0189./:\xe9", min_size=1, max_size=8)
others = st.one_of(
    st.builds("auto {}".format, words),
    st.builds("# {}".format, words),
    st.just(""),
    st.builds("iface x{} inet static\n    address {}\n\tdns-nameservers {}".format, words, words,
              words),
    st.builds("iface eth0 inet6 auto\n    privext {}".format, words),
)  # fmt: skip
options = st.sampled_from(
    ["address 10.0.0.2", "netmask 255.0.0.0", "gateway 10.0.0.1", "metric 5", "hostname vm",
     "dns-nameservers 9.9.9.9", "mtu 1400", "# comment", "\t", "pre-up true"]
)  # fmt: skip


@given(
    st.lists(others, max_size=4),
    st.sampled_from(["dhcp", "static", "manual"]),
    st.lists(options, max_size=6),
    st.lists(others, max_size=4),
    st.sampled_from(["", "\n"]),
)
def test_an_edit_changes_the_one_stanza_and_lasts(
    before: list[str], method: str, inner: list[str], behind: list[str], end: str
) -> None:
    stanza = "\n".join([f"iface eth0 inet {method}", *(f"  {option}" for option in inner)])
    content = "\n".join([*before, stanza, *behind]) + end
    found = edit(seen(content), WANTED)
    assert isinstance(found, GuestEdit), found
    if not found.files:
        return
    changed = found.files[0].after.decode("latin-1")
    old, new = ifupdown.parse(PATH, content), ifupdown.parse(PATH, changed)
    assert len(old) == len(new)
    for was, now in zip(old, new, strict=True):
        if (was.kind, was.name, was.family) != ("iface", "eth0", "inet"):
            assert replace(was, first=0, last=0) == replace(now, first=0, last=0)
            continue
        told = dict(now.options)
        assert (now.method, told["address"], told["gateway"]) == (
            "static", "172.16.1.10", "172.16.0.1",
        )  # fmt: skip
        assert ("metric" in told, "hostname" in told) == (False, False)
        kept = [o for o in was.options if o[0] in {"dns-nameservers", "mtu", "pre-up"}]
        assert [o for o in now.options if o in kept] == kept
    # Every line outside is there, byte for byte, and a second edit finds nothing to do.
    assert changed.startswith("".join(f"{line}\n" for line in before))
    assert changed.endswith("\n".join(["", *behind]) + end if behind else end)
    assert made(seen(changed)).files == ()


PLAN = """\
network:
  version: 2
  ethernets:
    lan:
      match: {macaddress: 52:54:00:12:34:56}
      set-name: eth0
      dhcp4: true
      nameservers: {addresses: [9.9.9.9]}
    eth1:
      dhcp4: yes
"""
NETPLAN = "/etc/netplan/50-cloud-init.yaml"


def planned(content: str, **other: object) -> Inside:
    return seen(content, NETPLAN, managers=("netplan",), **other)


def test_netplans_one_entry_gets_the_address_and_the_rest_says_the_same() -> None:
    changed = netplan.loads(after(planned(PLAN)).encode())
    lan = changed["network"]["ethernets"]["lan"]
    assert (lan["addresses"], lan["dhcp4"]) == (["172.16.1.10/16"], "false")
    assert lan["routes"] == [{"to": "0.0.0.0/0", "via": "172.16.0.1"}]
    # A MAC of small numbers is not taken for a count of seconds.
    assert lan["match"] == {"macaddress": MAC}
    assert lan["nameservers"] == {"addresses": ["9.9.9.9"]}
    assert changed["network"]["ethernets"]["eth1"] == {"dhcp4": "yes"}
    assert made(planned(after(planned(PLAN)))).files == ()


@pytest.mark.parametrize(
    ("inside", "why"),
    [
        (planned(PLAN, tools=()), "no `netplan`"),
        (planned(PLAN, owned_by=f"{NETPLAN} /etc/netplan/90.yaml"), "not one readable file"),
        (planned(PLAN, files=()), "not one readable file"),
        (planned("network: [\n"), "no YAML"),
        (planned("network: {version: 2}\n"), "0 entries"),
        (planned(f"{PLAN}    eth0: {{dhcp4: true}}\n"), "2 entries"),
        (planned(PLAN.replace("set-name: eth0", "wakeonlan: true\n      vlans: {}")), "vlans"),
        (planned(PLAN.replace("dhcp4: true", "addresses: ['fd00::1/64']")), "IPv6 addresses"),
        (planned(PLAN.replace("dhcp4: true", "routes: [{to: 10.0.0.0/8, via: 1.1.1.1}]")),
         "routes of its own"),
    ],
)  # fmt: skip
def test_a_plan_of_netplans_that_is_not_simple_is_declined(inside: Inside, why: str) -> None:
    assert why in declined(inside)


LINK = "/etc/systemd/network/10-eth0.network"
UNIT = "[Match]\nName=eth0\n\n[Network]\nDHCP=yes\nDNS=9.9.9.9\n# end\n"


def linked(content: str, **other: object) -> Inside:
    return seen(content, LINK, managers=("systemd-networkd",), **other)


def test_a_file_of_networkds_that_ends_in_its_section_gets_lines_of_its_own() -> None:
    assert after(linked("[Match]\nName=eth0\n[Network]")) == (
        "[Match]\nName=eth0\n[Network]\nAddress=172.16.1.10/16\nGateway=172.16.0.1\n"
    )


def test_networkds_one_file_gets_the_address_and_keeps_the_rest() -> None:
    changed = after(linked(UNIT))
    assert changed == (
        "[Match]\nName=eth0\n\n[Network]\nDHCP=ipv6\nAddress=172.16.1.10/16\n"
        "Gateway=172.16.0.1\nDNS=9.9.9.9\n# end\n"
    )
    assert made(linked(changed)).files == ()
    assert "DHCP" not in after(linked(UNIT.replace("yes", "ipv4")))


@pytest.mark.parametrize("comment", ["# f\u00fcr", "; x\u0085DHCP=no", "# \u00c3\u0085land"])
def test_a_comment_of_networkds_in_any_coding_stays_to_the_byte(comment: str) -> None:
    changed = after(linked(f"{UNIT}{comment}\n"))
    assert changed.endswith(f"# end\n{comment}\n")
    assert "Gateway" in after(linked(UNIT.replace("\n", "\r\n")))


@pytest.mark.parametrize(
    ("inside", "why"),
    [
        (linked(UNIT.replace("eth0", "en*")), "not for eth0 alone"),
        (linked(UNIT.replace("Name=eth0\n", "")), "not for eth0 alone"),
        (linked(f"{UNIT}[Address]\nAddress=10.0.0.1/8\n"), "not a simple one"),
        (linked(f"{UNIT}[Route]\nGateway=10.0.0.1\n"), "not a simple one"),
        (linked(UNIT.replace("DHCP=yes", "Address=fd00::1/64")), "not a simple one"),
        (linked(f"{UNIT}Description=f\u00fcr\n"), "systemd ignores a line"),
        (linked(f"{UNIT}# x\rDHCP=no\n"), "lines that end in another way"),
        (linked(f"{UNIT}# x\0DHCP=no\n"), "lines that end in another way"),
        (linked(UNIT, owned_by="/run/systemd/network/10-x.network"), "which is not a readable"),
        (linked(UNIT, files=(InsideFile(LINK, UNIT.encode(), 0o644),
                             InsideFile(f"{LINK}.d/x.conf", b"", 0o644))), "files beside it"),
        (linked(UNIT, withheld=(f"{LINK}.d/x.conf",)), "x.conf holds a secret"),
        (linked(UNIT, files=(), withheld=(LINK,)), "10-eth0.network holds a secret"),
    ],
)  # fmt: skip
def test_a_file_of_networkds_that_is_not_simple_is_declined(inside: Inside, why: str) -> None:
    assert why in declined(inside)


@pytest.mark.parametrize(
    ("addresses", "clients", "home"),
    [
        (("192.168.122.38/24",), ("dhclient eth0",), "192.168.122.0/24"),
        (("192.168.122.38/24", "10.0.0.2/8"), ("dhclient eth0",), ""),
        (("192.168.122.38/32",), ("dhclient eth0",), ""),
        ((), ("dhclient eth0",), ""),
        (("192.168.122.38/24",), (), ""),
    ],
)
def test_the_network_that_lent_an_address_is_known_by_the_only_one(
    addresses: tuple[str, ...], clients: tuple[str, ...], home: str
) -> None:
    assert made(seen(addresses=addresses, dhcp_clients=clients)).home == home
