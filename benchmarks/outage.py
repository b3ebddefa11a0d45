"""How long the host is away while its address moves, and what each way leaves wrong.

Probes from beyond the router, 1,000 a second, and 100 a second from the LAN. A probe that is not
answered within 2 s is lost.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from benchmarks import lab, measure, rivals
from benchmarks.measure import Cost, Row
from benchmarks.rivals import ADDRESS, NIC, RIVALS, Rival
from tests import bench
from tests.lab import returning, test_adopt, test_files, test_odd_hosts
from tests.matrix import course

from runbook.lab import machine
from runbook.lab.names import ROUTER
from runbook.lab.probe import Outage, OutageProbe
from runbook.run.session import Session

GROUP = "outage"
HOST, RATE, LAN_RATE, LONGEST_S = bench.HOST, 1000, 100, 240.0
OURS, UNDO = "runbook", "runbook, undo"
# STP with a forward delay of 2 s needs 4 s until a port forwards; twice that.
AFTERWARDS_S = {True: 8.0, False: 3.0}
# By what people call them; of the lab's own release all tools are measured.
RELEASES = {"bullseye": "Debian 11", "trixie": "Debian 13"}
# With STP on each of the others is away for twice the forward delay, and its runs hardly differ.
RIVALS_WITH_STP = 2
# An emulated guest keeps up with so many a second.
GUEST, GUEST_RATE = test_adopt.OF_GUEST, 100
STANDS = """\
on=$(ip -o -4 address show to {address} | awk '{{print $2}}' | sort | xargs)
[ "$on" = {nic} ] && echo "address still on the NIC"
[ -z "$on" ] && echo "no address"
[ "$(echo $on | wc -w)" -gt 1 ] && echo "address on both interfaces"
ways=$(ip -4 route show default | wc -l)
[ "$ways" = 0 ] && echo "no default route"
[ "$ways" -gt 1 ] && echo "$ways default routes"
virsh -q net-list --name | grep -qx routed || echo "no libvirt network"
grep -rqsE 'br0|virbr1' /etc/network/interfaces /etc/netplan /etc/NetworkManager \\
    || virsh -q net-list --autostart --name 2>/dev/null | grep -qx routed \\
    || echo "gone after a reboot"
[ -L /var/lib/runbook/armed ] && echo "still armed"
true
"""


class Ran(NamedTuple):
    """What probes from beyond the router and from the LAN met, what it cost, what it left wrong."""

    beyond: Outage
    lan: Outage
    cost: Cost
    leaves: str


T = TypeVar("T")
Tools = Mapping[str, Callable[..., Ran]]


def measured(rounds: int, stp: tuple[bool, ...] = (True, False)) -> Iterator[Row]:
    """Every tool in turn, so that all see the same load; then ours on the other releases."""
    rivals.fetch()
    lab.up()
    own: Tools = {OURS: ours, UNDO: undone}
    others: Tools = {
        rival.name: partial(theirs, rival)
        for rival in RIVALS
        if not rival.ansible or rivals.playbook_program()
    }
    for on in stp:
        case = f"STP {'on' if on else 'off'}"
        times = {name: min(rounds, RIVALS_WITH_STP) if on else rounds for name in others}
        yield from _in_turn(case, {**own, **others}, {**dict.fromkeys(own, rounds), **times})
    for release, name in RELEASES.items():
        yield from _in_turn(f"STP off, {name}", own, dict.fromkeys(own, rounds), release)
    yield from _rows("a guest on the bridge that libvirt's takes the place of", adopted(rounds))


def _in_turn(case: str, tools: Tools, times: Mapping[str, int], release: str = "") -> Iterator[Row]:
    found: dict[str, list[Ran]] = {name: [] for name in tools}
    for number in range(max(times.values())):
        for name, run in tools.items():
            if number < times[name]:
                lab.renewed(release=release)
                found[name].append(run(stp=case.startswith("STP on")))
                print(f"{case}, {name}: {found[name][-1]}", file=sys.stderr, flush=True)
    yield from _rows(case, found)


def _rows(case: str, found: dict[str, list[Ran]]) -> Iterator[Row]:
    for tool, runs in found.items():
        what, leaves = (GROUP, case, tool), "; ".join(dict.fromkeys(run.leaves for run in runs))
        outages = [run.beyond for run in runs]
        for metric, unit in (("longest_gap_ms", "ms"), ("lost", "probes"), ("sent", "probes")):
            values = [getattr(outage, metric) for outage in outages]
            yield measure.row(what, (metric, unit), values, leaves=leaves)
        yield measure.row(what, ("longest_rtt_ms", "ms"), [o.longest_rtt_ms for o in outages])
        gaps = [run.lan.longest_gap_ms for run in runs]
        yield measure.row(what, ("lan_longest_gap_ms", "ms"), gaps, leaves=leaves)
        yield measure.row(what, ("lan_lost", "probes"), [run.lan.lost for run in runs])
        if tool in (OURS, "Ansible playbook"):
            yield measure.row(what, ("cpu", "s"), [run.cost.cpu for run in runs])
            yield measure.row(what, ("wall", "s"), [run.cost.wall for run in runs])


def ours(*, stp: bool) -> Ran:
    """The whole notebook by papermill."""
    with tempfile.TemporaryDirectory() as folder:
        home = bench.make_home(Path(folder))
        options = ("-p", "host", HOST, "-r", "stp", "on" if stp else "off")
        argv = bench.command(home.parent / "out.ipynb", options)
        return probed(lambda: measure.command(argv, {"RUNBOOK_HOME": str(home)}), stp=stp)


def undone(*, stp: bool) -> Ran:
    """A change that is made and not confirmed, then `runbook undo`."""
    with tempfile.TemporaryDirectory() as folder:
        home = bench.make_home(Path(folder))
        os.environ["RUNBOOK_HOME"] = str(home)
        returning.left("settle", stp=stp)
        argv = (str(bench.BIN / "runbook"), "undo", HOST)
        ran = probed(lambda: measure.command(argv), stp=stp)
        told = machine.run(HOST, ("ip", "-o", "-4", "address", "show", "to", ADDRESS)).stdout
        return ran._replace(leaves="" if NIC in told.decode() else "not as before")


def adopted(rounds: int) -> dict[str, list[Ran]]:
    """What a guest on the host's own br0 meets while libvirt's bridge takes its place, and back."""
    lab.renewed()
    test_odd_hosts.HOSTS[test_odd_hosts.ON_A_BRIDGE].make(HOST)
    test_adopt.with_guest()
    asked = test_files.params(HOST).model_copy(update=test_adopt.ASKED)
    found: dict[str, list[Ran]] = {OURS: [], UNDO: []}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RUNBOOK_HOME"] = str(bench.make_home(Path(folder)))
        for _ in range(rounds):
            made: list[tuple[course.Start, Session]] = []
            found[OURS].append(_of_guest(partial(_keep, made, partial(course.change, asked))))
            ((start, session),) = made
            said: list[str] = []
            undo = partial(course.undone, session, HOST, start)
            found[UNDO].append(_of_guest(partial(_keep, said, undo)))
            if said != [course.FINE]:
                raise RuntimeError(said[0])
            # The next round's undo is the only one there then.
            machine.run(HOST, ("sh", "-c", "rm -rf /var/lib/runbook/*"))
    return found


def _keep(results: list[T], work: Callable[[], T]) -> None:
    results.append(work())


def _of_guest(work: Callable[[], object]) -> Ran:
    address = ADDRESS.partition("/")[0]
    beyond = OutageProbe(GUEST, rate=GUEST_RATE, seconds=LONGEST_S)
    lan = OutageProbe(address, rate=LAN_RATE, seconds=LONGEST_S, place=ROUTER)
    time.sleep(1)
    cost = measure.call(work)
    time.sleep(AFTERWARDS_S[False])
    ran = Ran(beyond.stop(), lan.stop(), cost, "")
    print(f"a guest: {ran}", file=sys.stderr, flush=True)
    return ran


def theirs(rival: Rival, *, stp: bool) -> Ran:
    """Another tool's way."""
    rivals.install(HOST, rival)
    status = rivals.at_console(HOST, rivals.filled(rival.prepare, rival, stp=stp))
    if status:
        raise RuntimeError(f"{rival.name}: the host is not ready, exit status {status}")
    _wait()
    if rival.ansible:
        with tempfile.TemporaryDirectory() as folder:
            argv = rivals.played((HOST,), Path(folder), stp=stp)
            return probed(lambda: measure.command(argv), stp=stp)
    script = rivals.filled(rival.change, rival, stp=stp)
    return probed(lambda: measure.call(lambda: rivals.at_console(HOST, script)), stp=stp)


def probed(run: Callable[[], Cost], *, stp: bool) -> Ran:
    """The run under probes, some seconds more, and what it left."""
    address = ADDRESS.partition("/")[0]
    beyond = OutageProbe(address, rate=RATE, seconds=LONGEST_S)
    lan = OutageProbe(address, rate=LAN_RATE, seconds=LONGEST_S, place=ROUTER)
    time.sleep(1)
    cost = run()
    time.sleep(AFTERWARDS_S[stp])
    outages = beyond.stop(), lan.stop()
    script = STANDS.format(address=address, nic=NIC)
    said = machine.run(HOST, ("sh", "-c", script)).stdout.decode()
    return Ran(*outages, cost, ", ".join(said.splitlines()))


def _wait() -> None:
    for _ in range(60):
        if OutageProbe(ADDRESS.partition("/")[0], rate=20, seconds=1).result().lost == 0:
            return
    raise RuntimeError(f"{HOST} does not answer before the change")
