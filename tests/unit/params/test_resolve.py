from __future__ import annotations

import pytest

from runbook.common.errors import ParameterError
from runbook.params import NAMES, Params, ParamsFile, resolve
from runbook.params.fields import CARRIERS
from runbook.params.source import Source

FILE: dict[str, object] = {
    "interface": "enp4s0f0",
    "address": "172.16.1.1/16",
    "gateway": "172.16.0.1",
}
HOST: dict[str, object] = {"host": "server-01"}


def refused(field: str, file: dict[str, object], **injected: object) -> ParameterError:
    """The error that resolving raises; it must blame `field`."""
    with pytest.raises(ParameterError) as caught:
        resolve(file, {**HOST, **injected})
    assert caught.value.field == field
    assert caught.value.then
    return caught.value


def test_injected_wins_over_file_wins_over_default_and_each_says_so() -> None:
    file = ParamsFile("params/server-01.yaml", {**FILE, "bridge": "br0"}, {"bridge": 7})
    params = resolve(file, {**HOST, "gateway": "172.16.0.2"})
    assert (params.gateway, params.bridge, params.network) == ("172.16.0.2", "br0", "routed")
    assert params.sources["gateway"] == Source("injected")
    assert str(params.sources["bridge"]) == "params/server-01.yaml:7"
    assert str(params.sources["network"]) == "default"
    assert set(params.sources) == set(NAMES)


def test_ssh_goes_to_the_host_unless_told_otherwise() -> None:
    assert resolve(FILE, HOST).destination == "server-01"
    assert resolve(FILE, {**HOST, "destination": "root@172.16.1.1"}).destination == (
        "root@172.16.1.1"
    )


def test_an_injected_none_leaves_the_value_to_the_file() -> None:
    params = resolve(FILE, {**HOST, "gateway": None})
    assert params.gateway == "172.16.0.1"


def test_an_unknown_name_is_refused_with_what_was_meant() -> None:
    assert "did you mean 'gateway'?" in refused("gatway", FILE, gatway="172.16.0.2").then
    assert "did you mean 'address'?" in refused("adress", {**FILE, "adress": "x"}).then
    refused("sources", FILE, sources="mine")


@pytest.mark.parametrize("name", ["interface", "address", "gateway"])
def test_a_missing_value_is_named(name: str) -> None:
    file = {key: value for key, value in FILE.items() if key != name}
    assert "missing" in refused(name, file).problem


def test_a_name_without_a_value_in_the_file_is_refused() -> None:
    assert "no value" in refused("bridge", {**FILE, "bridge": None}).problem


@pytest.mark.parametrize(
    "host", ["", "../etc/passwd", "a/b", "..", ".hidden", "-x", "a..b", "a b", "x" * 64, "a\n", 1]
)
def test_a_host_is_a_plain_name_and_never_a_path(host: object) -> None:
    with pytest.raises(ParameterError) as caught:
        resolve(lambda _: pytest.fail("a file was looked for"), {"host": host})
    assert caught.value.field == "host"


def test_no_host_at_all_is_asked_for() -> None:
    with pytest.raises(ParameterError, match="no host is named"):
        resolve(FILE, {})


def test_a_file_may_not_call_its_host_otherwise() -> None:
    refused("host", {**FILE, "host": "server-02"})


@pytest.mark.parametrize(("value", "kind"), [(10, "whole"), (172.16, "fraction"), (True, "truth")])
def test_what_papermill_made_of_text_is_explained_and_never_undone(
    value: object, kind: str
) -> None:
    error = refused("address", FILE, address=value)
    assert kind in error.problem
    assert "papermill" in error.problem
    assert "-r address" in error.then


def test_a_mac_that_yaml_made_a_number_of_is_explained() -> None:
    error = refused("bridge_mac", FILE, bridge_mac=41135085296)
    assert "52:54:00:12:34:56" in error.problem


def test_a_number_in_the_file_where_text_belongs_wants_quotes() -> None:
    assert 'network: "' in refused("network", {**FILE, "network": 10}).then


@pytest.mark.parametrize(("word", "stp"), [("on", True), ("OFF", False), ("no", False), (True, 1)])
def test_stp_takes_the_words_that_papermill_leaves_as_text(word: object, stp: object) -> None:
    assert resolve(FILE, {**HOST, "stp": word}).stp == stp


@pytest.mark.parametrize("value", [1, 0, "1", "maybe", 1.0, [], "onn"])
def test_stp_takes_nothing_else(value: object) -> None:
    refused("stp", FILE, stp=value)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            "a" * 16,
            "eth 0",
            "eth/0",
            "eth:0",
            "-eth0",
            ".",
            "..",
            "lo",
            "all",
            "eth0\n",
            "ethé",
        ),
        *CARRIERS,
    ],
)
def test_interface_and_bridge_names_are_those_the_kernel_takes(name: str) -> None:
    refused("interface", FILE, interface=name)
    refused("bridge", FILE, bridge=name)


@pytest.mark.parametrize("name", ["eth0", "enp4s0f0.100", "a" * 15, "br-lan", "0eth"])
def test_ordinary_interface_names_pass(name: str) -> None:
    assert resolve(FILE, {**HOST, "interface": name}).interface == name


def test_the_bridge_is_not_the_interface() -> None:
    refused("bridge", FILE, bridge="enp4s0f0")


@pytest.mark.parametrize("name", ["", "a/b", "-x", "a b", "a\n", "x" * 64])
def test_a_network_name_that_could_be_a_path_or_an_option_is_refused(name: str) -> None:
    refused("network", FILE, network=name)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("172.16.1.1", "prefix length is missing"),
        ("172.16.1.1/255.255.0.0", "prefix length is missing"),
        ("172.16.1.1/016", "leaves no LAN"),
        ("172.16.0.0/16", "network address"),
        ("172.16.255.255/16", "broadcast address"),
        ("172.16.1.1/31", "leaves no LAN"),
        ("172.16.1.1/7", "leaves no LAN"),
        ("172.16.1.1/99999", "leaves no LAN"),
        ("172.16.1.256/16", "not an IPv4 address"),
        ("172.16.01.1/16", "not an IPv4 address"),
        ("127.0.0.2/16", "loopback"),
        ("224.0.0.2/16", "multicast"),
        ("0.0.0.5/16", "0.0.0.0/8"),
        ("fe80::1/64", "IPv6"),
        ("2001:db8::1/64", "IPv6"),
    ],
)
def test_an_address_the_host_cannot_hold_is_refused(address: str, why: str) -> None:
    assert why in refused("address", FILE, address=address).problem


@pytest.mark.parametrize(
    ("gateway", "why"),
    [
        ("172.16.1.1", "the host itself"),
        ("172.16.0.0", "no host can hold"),
        ("172.16.255.255", "no host can hold"),
        ("172.16.0.1/16", "no prefix length"),
        ("router", "not an IPv4 address"),
        ("fe80::1", "IPv6"),
        ("2001:db8::1/64", "IPv6"),
    ],
)
def test_a_gateway_that_cannot_be_the_router_is_refused(gateway: str, why: str) -> None:
    assert why in refused("gateway", FILE, gateway=gateway).problem


@pytest.mark.parametrize(
    "mac", ["52:54:00:12:34", "52-54-00-12-34-56", "53:54:00:12:34:56", "00:00:00:00:00:00", ""]
)
def test_a_bridge_mac_is_a_unicast_address(mac: str) -> None:
    refused("bridge_mac", FILE, bridge_mac=mac)


def test_a_bridge_mac_is_kept_in_lower_case() -> None:
    params = resolve(FILE, {**HOST, "bridge_mac": "52:54:00:AB:CD:EF"})
    assert params.bridge_mac == "52:54:00:ab:cd:ef"


def test_probes_come_as_a_list_or_as_text_with_commas() -> None:
    expected = ("172.16.0.1", "10.99.0.2:22")
    assert resolve(FILE, {**HOST, "probes": list(expected)}).probes == expected
    assert resolve(FILE, {**HOST, "probes": "172.16.0.1, 10.99.0.2:22"}).probes == expected
    assert resolve({**FILE, "probes": [*expected, "172.16.0.1"]}, HOST).probes == expected


@pytest.mark.parametrize(
    "probe",
    ["172.16.0", "172.16.0.1:", "172.16.0.1:0", "172.16.0.1:65536", "172.16.0.1:²", "router:22"],
)
def test_a_probe_is_an_address_or_an_address_and_a_port(probe: str) -> None:
    assert repr(probe) in refused("probes", FILE, probes=[probe]).problem


@pytest.mark.parametrize("probe", ["fe80::1", "[2001:db8::1]:22", "2001:db8::1"])
def test_an_ipv6_probe_is_told_apart(probe: str) -> None:
    assert "v6" in refused("probes", FILE, probes=[probe]).problem


def test_a_probe_of_the_host_itself_would_always_pass() -> None:
    assert "always pass" in refused("probes", FILE, probes="172.16.1.1:22").problem


@pytest.mark.parametrize("value", [True, "60", 4, 3601, 60.0, 60.5])
def test_a_deadline_is_a_whole_number_of_seconds_within_bounds(value: object) -> None:
    refused("deadline_s", FILE, deadline_s=value)


@pytest.mark.parametrize(
    "destination",
    ["-oProxyCommand=x", "root@-x", "a b", "ssh://x", "", "a\nb", "127.0.0.1:22", "host:22", "a@"],
)
def test_an_ssh_destination_is_never_an_option(destination: str) -> None:
    refused("destination", FILE, destination=destination)


@pytest.mark.parametrize("path", ["config", "./config", "~root/config", "", "../x"])
def test_an_ssh_config_does_not_hang_on_the_working_directory(path: str) -> None:
    refused("ssh_config", FILE, ssh_config=path)


def test_a_rehearsal_needs_a_recording_and_plans_only() -> None:
    recorded = {**FILE, "connect": "recorded", "mode": "plan"}
    refused("recording", recorded)
    refused("mode", {**recorded, "recording": "example.json"}, mode="apply")
    assert resolve({**recorded, "recording": "example.json"}, HOST).recording == "example.json"


@pytest.mark.parametrize("path", ["/etc/passwd", "../x.json", "a/../../x", ""])
def test_a_recording_lies_below_params(path: str) -> None:
    refused("recording", FILE, recording=path)


def test_the_words_for_mode_and_connect_are_listed_when_another_is_given() -> None:
    assert "'plan' or 'apply'" in refused("mode", FILE, mode="dry-run").problem
    assert "'ssh+sudo'" in refused("connect", FILE, connect="telnet").problem


def test_params_cannot_be_changed_afterwards() -> None:
    params = resolve(FILE, HOST)
    with pytest.raises(ValueError, match="frozen"):
        params.gateway = "172.16.0.2"
    assert isinstance(params, Params)


@pytest.mark.parametrize("word", ["own", "nic"])
def test_a_bridge_mac_may_be_told_by_whose_it_is(word: str) -> None:
    assert resolve(FILE, {**HOST, "bridge_mac": word}).bridge_mac == word


def test_consents_are_names_of_findings() -> None:
    assert resolve(FILE, {**HOST, "consent": "bpdu, docker"}).consent == ("bpdu", "docker")
    refused("consent", FILE, consent=["everything"])


def test_a_machine_id_is_what_the_host_has_in_etc() -> None:
    assert resolve(FILE, {**HOST, "machine_id": "0123456789abcdef" * 2}).machine_id
    refused("machine_id", FILE, machine_id="0123-4567")
