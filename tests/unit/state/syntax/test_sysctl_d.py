from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.state.syntax.sysctl_d import assigned, read_order

FORWARD = "net.ipv4.ip_forward"
ETC, USR = "/etc/sysctl.d", "/usr/lib/sysctl.d"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("net.ipv4.ip_forward=1", "1"),
        ("  net.ipv4.ip_forward =  1  ", "1"),
        ("net/ipv4/ip_forward = 1", "1"),
        ("-net.ipv4.ip_forward = 1", "1"),
        ("net.ipv4.conf.all.forwarding = 1", "1"),
        ("net.ipv4.*_forward = 1", "1"),
        ("# net.ipv4.ip_forward = 1", ""),
        ("; net.ipv4.ip_forward = 1", ""),
        ("net.ipv4.ip_forward", ""),
        ("net.ipv4.ip_forwarding = 1", ""),
    ],
)
def test_what_a_line_says_of_a_parameter(line: str, value: str) -> None:
    path = f"{ETC}/60-x.conf"
    assert assigned({path: f"{line}\n"}, FORWARD) == ((value, path) if value else ("", ""))


@pytest.mark.parametrize("end", ["\r", "\r\n", "\0", "\n"])
def test_a_line_ends_where_systemd_sysctl_ends_it(end: str) -> None:
    path = f"{ETC}/60-x.conf"
    assert assigned({path: f"# f\udcfcr{end}{FORWARD}=0{end}"}, FORWARD) == ("0", path)


@pytest.mark.parametrize("between", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_a_comment_goes_on_where_systemd_sysctl_reads_on(between: str) -> None:
    assert assigned({f"{ETC}/60-x.conf": f"# x{between}{FORWARD}=0\n"}, FORWARD) == ("", "")


@pytest.mark.parametrize("line", ["%s\u00a0=1", "%s=\u00a01", "\x0b%s=1", "\ufeff%s=1"])
def test_what_only_looks_like_a_blank_is_part_of_the_name_or_the_value(line: str) -> None:
    assert assigned({f"{ETC}/60-x.conf": line % FORWARD}, FORWARD)[0] != "1"


def test_systemd_sysctl_reads_no_further_than_a_line_of_a_mebibyte() -> None:
    path = f"{ETC}/60-x.conf"
    for length, value in (((1 << 20) - 1, "0"), (1 << 20, "1")):
        content = f"{FORWARD}=1\n{'#' * length}\n{FORWARD}=0\n"
        assert assigned({path: content}, FORWARD) == (value, path)


def test_a_dot_in_an_interface_s_name_is_a_slash() -> None:
    name = "net.ipv4.conf.br/7.arp_notify"
    for line in (f"{name} = 1", "net/ipv4/conf/br.7/arp_notify = 1"):
        assert assigned({f"{ETC}/60-x.conf": line}, name)[0] == "1"


def test_the_last_file_by_name_counts_whatever_folder_it_is_in() -> None:
    contents = {
        f"{ETC}/60-ours.conf": f"{FORWARD} = 1",
        f"{USR}/90-theirs.conf": f"{FORWARD} = 0",
        f"{USR}/10-first.conf": f"{FORWARD} = 7",
    }
    assert assigned(contents, FORWARD) == ("0", f"{USR}/90-theirs.conf")


def test_a_file_is_hidden_by_one_of_its_name_in_an_earlier_folder() -> None:
    contents = {f"{USR}/90-x.conf": f"{FORWARD} = 0", f"{ETC}/90-x.conf": f"{FORWARD} = 1"}
    assert read_order(contents) == (f"{ETC}/90-x.conf",)
    assert assigned(contents, FORWARD)[0] == "1"


def test_a_pattern_never_wins_over_a_line_that_names_it() -> None:
    contents = {f"{ETC}/10-x.conf": f"{FORWARD} = 1", f"{ETC}/90-x.conf": "net.ipv4.* = 0"}
    assert assigned(contents, FORWARD)[0] == "1"


def test_what_is_not_in_these_folders_is_not_read_at_boot() -> None:
    contents = {"/etc/sysctl.conf": f"{FORWARD} = 1", f"{ETC}/README": f"{FORWARD} = 1"}
    assert read_order(contents) == ()
    assert assigned(contents, FORWARD) == ("", "")


@given(st.text(st.sampled_from("net.ipv4/_forward*[]=-#; \n1"), max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    value, path = assigned({f"{ETC}/60-x.conf": text}, FORWARD)
    assert bool(path) or not value
