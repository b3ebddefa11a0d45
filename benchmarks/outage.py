"""How long the host is away while its address moves, and what each way leaves wrong.

Probes from beyond the router, 1,000 a second, and 100 a second from the LAN. A probe that is not
answered within 2 s is lost.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks import lab, measure, rivals
from benchmarks.measure import Cost, Row
from benchmarks.rivals import ADDRESS, NIC, RIVALS, Rival
from tests import bench
from tests.lab import returning

from runbook.lab import machine
from runbook.lab.names import ROUTER
from runbook.lab.probe import Outage, OutageProbe

GROUP = "outage"
HOST, RATE, LAN_RATE, LONGEST_S = bench.HOST, 1000, 100, 240.0
OURS, UNDO = "runbook", "runbook, undo"
# STP with a forward delay of 2 s needs 4 s until a port forwards; twice that.
AFTERWARDS_S = 8.0
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


def measured(rounds: int, stp: tuple[bool, ...] = (True, False)) -> Iterator[Row]:
    """Every tool in turn, so that all see the same load."""
    rivals.fetch()
    lab.up()
    for on in stp:
        tools: dict[str, Callable[..., Ran]] = {OURS: ours, UNDO: undone}
        for rival in RIVALS:
            if not rival.ansible or rivals.playbook_program():
                tools[rival.name] = partial(theirs, rival)
        found: dict[str, list[Ran]] = {name: [] for name in tools}
        for _ in range(rounds):
            for name, run in tools.items():
                lab.renewed()
                found[name].append(run(stp=on))
                print(f"STP {on}, {name}: {found[name][-1]}", file=sys.stderr, flush=True)
        yield from _rows(f"STP {'on' if on else 'off'}", found)


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
        return probed(lambda: measure.command(argv, {"RUNBOOK_HOME": str(home)}))


def undone(*, stp: bool) -> Ran:
    """A change that is made and not confirmed, then `runbook undo`."""
    with tempfile.TemporaryDirectory() as folder:
        home = bench.make_home(Path(folder))
        os.environ["RUNBOOK_HOME"] = str(home)
        returning.left("settle", stp=stp)
        argv = (str(bench.BIN / "runbook"), "undo", HOST)
        ran = probed(lambda: measure.command(argv))
        told = machine.run(HOST, ("ip", "-o", "-4", "address", "show", "to", ADDRESS)).stdout
        return ran._replace(leaves="" if NIC in told.decode() else "not as before")


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
            return probed(lambda: measure.command(argv))
    script = rivals.filled(rival.change, rival, stp=stp)
    return probed(lambda: measure.call(lambda: rivals.at_console(HOST, script)))


def probed(run: Callable[[], Cost]) -> Ran:
    """The run under probes, some seconds more, and what it left."""
    address = ADDRESS.partition("/")[0]
    beyond = OutageProbe(address, rate=RATE, seconds=LONGEST_S)
    lan = OutageProbe(address, rate=LAN_RATE, seconds=LONGEST_S, place=ROUTER)
    time.sleep(1)
    cost = run()
    time.sleep(AFTERWARDS_S)
    outages = beyond.stop(), lan.stop()
    script = STANDS.format(address=address, nic=NIC)
    said = machine.run(HOST, ("sh", "-c", script)).stdout.decode()
    return Ran(*outages, cost, ", ".join(said.splitlines()))


def _wait() -> None:
    for _ in range(60):
        if OutageProbe(ADDRESS.partition("/")[0], rate=20, seconds=1).result().lost == 0:
            return
    raise RuntimeError(f"{HOST} does not answer before the change")
