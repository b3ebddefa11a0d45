"""The cases of the operator's machine: its disk, and signals to what runs there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.faults import operator_disk, points, signals
from tests.faults.cases import Case, Ground, woven

# No deadline is waited for, and on a slow machine none is to come first.
OPERATOR_S = 60


def matrix(ground: Ground) -> Iterator[Case]:
    """What comes to the operator's machine: its disk, and signals to what runs there."""
    for turn, (fault, inject) in enumerate(operator_disk.FAULTS.items()):
        for point in woven(ground, turn, ground.every(turn)):
            hit = ground.case(fault, point, inject)
            yield replace(hit, own_disk=True, deadline_s=OPERATOR_S)
    # papermill takes them alike, so each point is hit by one of them.
    for turn, name in enumerate(signals.SIGNALS):
        for point in woven(ground, turn, ground.every(turn))[turn :: len(signals.SIGNALS)]:
            hit = ground.case(f"papermill gets {name}", point, signals.to_papermill(name))
            yield replace(hit, deadline_s=OPERATOR_S)
        for call in woven(ground, turn, signals.CALLS):
            yield _between(ground, name, call)
    yield from _other_signals(ground)


def _between(ground: Ground, name: str, call: str) -> Case:
    fault = f"between cells papermill gets {name}"
    hit = ground.case(fault, signals.BOUNDARY + call, signals.at_boundary)
    told = ((signals.VARIABLE, f"{name} {call}"),)
    return replace(hit, deadline_s=OPERATOR_S, environment=told)


def _other_signals(ground: Ground) -> Iterator[Case]:
    phases = [points.made(ground.first(phase)) for phase in ("prepare", "cutover", "settle")]
    before = (points.ARMING, points.ARMED, *phases, points.VERIFY)
    for point in (*before, points.CONFIRM, points.CONFIRMING):
        for fault, inject in (
            ("papermill gets SIGINT twice", signals.to_papermill_twice),
            ("the kernel gets SIGTERM", signals.to_kernel),
            ("papermill and kernel get SIGTERM", signals.to_both),
        ):
            hit = ground.case(fault, point, inject)
            yield replace(hit, deadline_s=OPERATOR_S, undone=point in before)


def spread(ground: Ground) -> Iterator[Case]:
    """A few of the operator's side: two of its disk, five of its signals."""
    drawn = {(case.fault, case.point): case for case in matrix(ground)}
    full, gone = "operator's disk full", "operator's disk gone"
    cutover = points.made(ground.first("cutover"))
    for fault, places in (
        (full, (cutover, points.begins(ground.first("cutover")))),
        (gone, (points.CONFIRM,)),
    ):
        # A weave may hit neither place.
        here = [place for place in places if (fault, place) in drawn]
        here += [place for of, place in drawn if of == fault]
        yield drawn[fault, here[0]]
    for name, call in (
        ("SIGINT", 'nb.apply(prepared, "network"'),
        ("SIGTERM", "nb.arm("),
        ("SIGHUP", "nb.verify("),
    ):
        yield _between(ground, name, call)
    yield drawn["the kernel gets SIGTERM", points.ARMED]
    yield drawn["papermill and kernel get SIGTERM", points.CONFIRM]
