"""The batches: their size, the canary, who is kept apart, who comes last."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.common.errors import CorrectParameters
from runbook.fleet.hosts import FleetHost
from runbook.fleet.order import batch_size, batches

HOSTS = [FleetHost(f"server-{n:02}", (f"rack-{n % 3}",)) for n in range(1, 11)]


@pytest.mark.parametrize(
    "text", ["", "0", "0%", "-1", "1.5", "ten", "10 %", "99999", "²", "%", "٣"]
)
def test_a_size_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(CorrectParameters, match="cannot be made"):
        batch_size(text, 10)


@pytest.mark.parametrize(
    ("text", "hosts", "size"),
    [("4", 10, 4), ("10%", 10, 1), ("10%", 3, 1), ("50%", 9, 4), ("200%", 9, 9)],
)
def test_a_share_is_of_all_hosts_and_never_none(text: str, hosts: int, size: int) -> None:
    assert batch_size(text, hosts) == size


def test_the_canary_comes_alone_and_first_and_the_last_alone_and_last() -> None:
    made = batches(HOSTS, canary=1, size=4, last=["server-01"])
    assert made[0] == ("server-02",)
    assert made[-1] == ("server-01",)
    assert [len(batch) for batch in made] == [1, 4, 4, 1]


@given(
    st.integers(0, 12),
    st.integers(1, 12),
    st.sets(st.sampled_from(["rack-0", "rack-1", "rack-2"])),
    st.sets(st.sampled_from([h.name for h in HOSTS])),
)
def test_each_host_is_in_one_batch_and_no_rule_is_broken(
    canary: int, size: int, apart: set[str], last: set[str]
) -> None:
    made = batches(HOSTS, canary=canary, size=size, apart=apart, last=last)
    assert sorted(name for batch in made for name in batch) == [h.name for h in HOSTS]
    group = {h.name: h.groups[0] for h in HOSTS}
    for batch in made:
        assert 1 <= len(batch) <= max(size, canary)
        alone = [group[name] for name in batch if group[name] in apart]
        assert len(alone) == len(set(alone))
        assert not (set(batch) & last) or len(batch) == 1
