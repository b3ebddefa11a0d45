"""Tables at size: from the kernel to rows and to a DataFrame, plan and preflight, diff.

The kernel's tables are made in a network namespace of their own: `unshare --net`, as root. It has
no libvirt, so plan, preflight and diff are of the recorded host with these rules or rows put in.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pandas as pd
from benchmarks import measure, rivals
from benchmarks.kernel_tables import NIC, TABLES, at, fill, iptables
from benchmarks.measure import Cost, Row
from pyroute2 import IPRoute

from runbook.lab import rootfs
from runbook.params import for_host
from runbook.run import pipeline
from runbook.run.session import Session
from runbook.state import firewall
from runbook.state.diff import diff
from runbook.state.firewall import FirewallRow
from runbook.state.neighbours import NeighbourRow
from runbook.state.routes import RouteRow
from runbook.state.snapshot import Snapshot
from runbook.state.table import frame
from runbook.transport.connect import connect
from runbook.transport.host import Host
from runbook.transport.prefixes import Prefix, local
from runbook.views.tables import Look, table

GROUP = "tables"
PARAMS = Path(__file__).parents[1] / "params"
# It takes a third of a millisecond for a route.
MOST_FOR_PYROUTE2 = 10000
# Of a smaller table as many reads as make so many rows are one value: the relay's time is in
# hundredths of a second.
AT_LEAST = 30000
SIZES = {name: table.sizes for name, table in TABLES.items()}


def measured(rounds: int, sizes: Mapping[str, tuple[int, ...]] = SIZES) -> Iterator[Row]:
    """Each table at each size, in a namespace of its own, and then the work without a host."""
    for name, counts in sizes.items():
        for count in counts:
            argv = (sys.executable, "-m", "benchmarks.tables", name, str(count), str(rounds))
            apart = ("unshare", "--net", "--mount", *argv)
            done = subprocess.run(apart, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(done.stderr[-2000:])
            yield from (Row.model_validate(row) for row in json.loads(done.stdout))
    for count in sizes["firewall"]:
        yield from judged(count, rounds)
    for count in sizes["routes"]:
        yield from compared(count, rounds)


def from_the_kernel(name: str, count: int, rounds: int) -> list[Row]:
    """Text of the usual tool, its JSON with pandas, pyroute2, jc, rows, and a DataFrame."""
    inside = apart_from_here() if name == "firewall" else ()
    fill(name, count, inside)
    times = max(1, AT_LEAST // count)
    prefix = Prefix(inside, "this machine", local().libvirt_uri)
    with closing(connect("bench", prefix=prefix)) as host:
        tool = TABLES[name].tool
        usual, called = (*inside, *tool), " ".join(tool)
        runs: dict[str, Callable[[], Cost]] = {called: lambda: measure.command(usual)}
        runs["runbook, rows"] = lambda: reading(host, name, times, framed=False)
        runs["runbook, DataFrame"] = lambda: reading(host, name, times, framed=True)
        if name != "firewall":
            runs[f"{tool[0]} -j, pandas"] = lambda: measure.call_counting(lambda: _by_json(usual))
        if name == "routes" and count <= MOST_FOR_PYROUTE2:
            runs["pyroute2"] = lambda: measure.call(_by_pyroute2)
        if name == "firewall" and shutil.which("jc"):
            runs["iptables -L, jc, pandas"] = lambda: measure.call_counting(lambda: _by_jc(inside))
        return measure.in_turn(GROUP, f"{name}, {count}", runs, rounds=rounds, beside=called)


def apart_from_here() -> tuple[str, ...]:
    """What a command is put behind that needs the iptables of a lab host's file system."""
    root = rootfs.root_file_system(rivals.RELEASE, print)
    subprocess.run(("mount", "--bind", "/proc", str(root / "proc")), check=True)
    return ("chroot", str(root))


def reading(host: Host, name: str, times: int, *, framed: bool) -> Cost:
    """One of so many, with what the relay, a child of this process, takes for it."""
    reader = TABLES[name].reader

    def work() -> None:
        for _ in range(times):
            rows = reader.read(host)
            if framed:
                frame(reader.TABLE.row, rows)

    cost = measure.with_living_children(work)
    return Cost(cost.cpu / times, cost.wall / times)


def _by_json(usual: tuple[str, ...]) -> pd.DataFrame:
    argv = (usual[0], "-j", *usual[1:])
    said = subprocess.run(argv, capture_output=True, check=True).stdout
    return pd.DataFrame(json.loads(said))


def _by_jc(inside: tuple[str, ...]) -> pd.DataFrame:
    argv = (*inside, "iptables-nft", "-nvL", "INPUT")
    said = subprocess.run(argv, capture_output=True, check=True).stdout
    read = subprocess.run(("jc", "--iptables"), input=said, capture_output=True, check=True)
    told = json.loads(read.stdout)
    return pd.DataFrame([rule for chain in told for rule in chain["rules"]])


def _by_pyroute2() -> None:
    with IPRoute() as kernel:
        list(kernel.get_routes())


def judged(count: int, rounds: int) -> list[Row]:
    """Plan and preflight of the recorded host with so many rules more, for two profiles."""
    found = []
    for profile in ("keep", "drop"):
        params = for_host(PARAMS, {"host": "example", "firewall": profile})
        session = pipeline.open_session(params)
        before = _with_rules(pipeline.read(session), count)
        run = {"runbook": lambda s=session, b=before: measure.call(lambda: _judge(s, b))}
        case = f"plan and preflight, {profile}, {count} rules"
        found += measure.in_turn(GROUP, case, run, rounds=rounds, beside="")
    return found


def _with_rules(before: Snapshot, count: int) -> Snapshot:
    more = firewall.parse(iptables(count), "legacy", "inet")
    return before.having(FirewallRow, [*before.rows(FirewallRow), *more])


def _judge(session: Session, before: Snapshot) -> None:
    draft = pipeline.plan(session, before)
    pipeline.findings(session, draft, before)


def compared(count: int, rounds: int) -> list[Row]:
    """The diff of two snapshots, and a table of one as a picture."""
    read = pipeline.read(pipeline.open_session(for_host(PARAMS, {"host": "example"})))
    first = read.rows(RouteRow)[0]
    ways = [first._replace(dst=f"{at(n)}/32", gateway="172.16.0.1") for n in range(count)]
    macs = [NeighbourRow("inet", NIC, at(n), "02:00:00:00:00:01", "STALE") for n in range(count)]
    before = read.having(RouteRow, ways).having(NeighbourRow, macs)
    moved = [
        row._replace(gateway="172.16.0.2") if n % 1000 == 0 else row for n, row in enumerate(ways)
    ]
    after = read.having(RouteRow, moved).having(NeighbourRow, macs[1:])
    runs = {
        "runbook, diff": lambda: measure.call(lambda: diff(before, after)),
        "runbook, picture": lambda: measure.call(
            lambda: table(before.routes, Look("Routes")).html()
        ),
    }
    case = f"two tables of {count} rows"
    return measure.in_turn(GROUP, case, runs, rounds=rounds, beside="")


if __name__ == "__main__":
    rows = from_the_kernel(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    print(json.dumps([row.model_dump() for row in rows]))
