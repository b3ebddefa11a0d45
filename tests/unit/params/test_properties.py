from __future__ import annotations

import contextlib
from ipaddress import IPv4Address, IPv4Network

import yaml
from hypothesis import given
from hypothesis import strategies as st

from runbook.common.errors import ParameterError
from runbook.params import NAMES, Params, as_table, resolve
from runbook.params.fields import CARRIERS
from runbook.params.file import parse

junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.sampled_from(["172.16.1.1/16", "172.16.0.1", "ssh", "plan", "on", "eth0", "::1"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
names = st.sampled_from(NAMES) | st.text()
ifnames = st.from_regex(r"[a-z][a-z0-9_.-]{0,13}[a-z0-9]", fullmatch=True).filter(
    lambda name: name not in {"lo", "all", "default", *CARRIERS}
)


def judged(file: dict[str, object], injected: dict[str, object]) -> None:
    """Resolve; anything but a ParameterError that says what to do fails the test."""
    with contextlib.suppress(ParameterError):
        resolve(file, injected)


@given(st.dictionaries(names, junk), st.dictionaries(names, junk))
def test_junk_is_a_parameter_error_and_nothing_else(
    file: dict[str, object], injected: dict[str, object]
) -> None:
    judged(file, injected)


@given(st.dictionaries(st.sampled_from(NAMES), junk))
def test_junk_under_known_names_is_a_parameter_error_and_nothing_else(
    junk_values: dict[str, object],
) -> None:
    right: dict[str, object] = {
        "interface": "eth0",
        "address": "172.16.1.1/16",
        "gateway": "172.16.0.1",
    }
    judged(right, {**junk_values, "host": "server-01"})
    judged({**right, **junk_values}, {"host": "server-01"})


@given(st.text() | st.text(alphabet=":-[]{}&*!|>'\"%@`#,? \n\tab1"))
def test_a_file_of_junk_is_read_or_refused_with_yaml_errors_only(text: str) -> None:
    try:
        parse(text, "params/junk.yaml")
    except yaml.YAMLError:
        return


@st.composite
def values(draw: st.DrawFn) -> dict[str, object]:
    """A file's values, as an operator could have written them."""
    lan = IPv4Network((draw(st.integers(0x0A000000, 0x0AFFFFFF)), draw(st.integers(8, 29))), False)  # noqa: FBT003  # IPv4Network's own `strict`
    hosts = st.integers(1, lan.num_addresses - 2).map(lambda n: lan.network_address + n)
    own, router, probe = draw(st.lists(hosts, min_size=3, max_size=3, unique=True))
    interface, bridge = draw(st.lists(ifnames, min_size=2, max_size=2, unique=True))
    return {
        "interface": interface,
        "bridge": bridge,
        "address": f"{own}/{lan.prefixlen}",
        "gateway": str(router),
        "probes": [str(probe), f"{router}:{draw(st.integers(1, 65535))}"],
        "stp": draw(st.booleans()),
        "deadline_s": draw(st.integers(5, 3600)),
    }


@given(values())
def test_what_is_right_comes_back_unchanged_and_again(given_values: dict[str, object]) -> None:
    params = resolve(given_values, {"host": "server-01"})
    dumped = params.model_dump()
    assert {**dumped, "probes": list(params.probes)}.items() >= given_values.items()
    assert Params.model_validate(dumped).model_dump() == dumped
    assert IPv4Address(params.gateway) in params.ipv4.network


@given(values())
def test_the_same_values_written_as_yaml_are_read_back_the_same(
    given_values: dict[str, object],
) -> None:
    assert parse(yaml.safe_dump(given_values), "params/x.yaml").values == given_values


@given(values())
def test_the_table_has_a_row_for_every_parameter(given_values: dict[str, object]) -> None:
    table = as_table(resolve(given_values, {"host": "server-01"}))
    assert list(table.columns) == ["field", "value", "source"]
    assert tuple(table["field"]) == NAMES
