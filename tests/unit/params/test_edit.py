from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from runbook.params.edit import edited
from runbook.params.file import parse

TEXT = """\
# A host.
connect: ssh   # as root

interface:   enp4s0f0
address: "172.16.1.1/16" # held now
consent: [bpdu]
stp: true
probes:
  # the router
  - 172.16.0.1

  - 10.99.0.2

# the end
"""


def changed(**values: object) -> str:
    return edited(TEXT, values, {})


def test_what_does_not_change_is_kept_to_the_byte() -> None:
    assert changed(connect="ssh", stp=True, consent=("bpdu",)) == TEXT


@pytest.mark.parametrize(
    ("name", "value", "old", "new"),
    [
        ("connect", "ssh+sudo", "connect: ssh   # as root", "connect: ssh+sudo   # as root"),
        ("interface", "eth0", "interface:   enp4s0f0", "interface:   eth0"),
        ("address", "10.0.0.2/8", '"172.16.1.1/16" # held', "10.0.0.2/8 # held"),
        ("consent", ("bpdu", "docker"), "[bpdu]", "[bpdu, docker]"),
        ("consent", (), "[bpdu]", "[]"),
        ("stp", False, "stp: true", "stp: false"),
        ("stp", None, "stp: true\n", ""),
        ("connect", None, "connect: ssh   # as root\n", ""),
    ],
)
def test_a_value_is_replaced_where_it_stands(name: str, value: object, old: str, new: str) -> None:
    assert changed(**{name: value}) == TEXT.replace(old, new)


def test_a_list_of_lines_stays_one() -> None:
    items = 'probes:\n  # the router\n  - 172.16.0.9\n  - "10.99.0.2:22"\n\n# the end\n'
    assert changed(probes=("172.16.0.9", "10.99.0.2:22")).endswith(items)
    assert parse(changed(probes=()), "").values["probes"] == []


def test_a_name_that_is_not_there_is_added_at_the_end() -> None:
    text = edited("stp: true", {"dns": False, "router": None}, {"dns": "# What answers.\n"})
    assert text == "stp: true\n\n# What answers.\ndns: false\n"
    assert edited("", {"stp": True}, {}) == "\nstp: true\n"


def test_a_file_that_is_not_lines_of_names_and_values_is_not_edited() -> None:
    with pytest.raises(yaml.YAMLError):
        edited("{stp: true}", {"stp": False}, {})


def test_line_ends_of_another_system_stay() -> None:
    text = TEXT.replace("\n", "\r\n")
    assert edited(text, {"stp": False}, {}) == text.replace("stp: true", "stp: false")


VALUES = st.one_of(
    st.booleans(),
    st.integers(0, 10**17),
    st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs")), max_size=20),
    st.lists(st.text("abc:./0123456789", max_size=12), max_size=4),
)
NAMES = st.sampled_from(["connect", "interface", "address", "consent", "stp", "probes", "dns"])


@given(st.dictionaries(NAMES, VALUES))
def test_whatever_is_written_is_read_back_and_the_rest_is_as_it_was(
    values: dict[str, object],
) -> None:
    text = edited(TEXT, values, {"dns": "# new\n"})
    assert parse(text, "").values == {**parse(TEXT, "").values, **values}
    # A reader of YAML 1.1 takes nothing for a number or a date that was text.
    assert yaml.safe_load(text) == {**yaml.safe_load(TEXT), **values}
    for comment in ("# A host.", "# as root", "# held now", "# the end"):
        assert comment in text
