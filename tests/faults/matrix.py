"""Many cases, a few hosts at a time: each row is told as soon as it is known."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from tests import bench
from tests.faults import scene as scenes
from tests.faults.cases import Case, Ground
from tests.faults.judging import BETWEEN, NOT_HIT, Result, Start, Waited, judge
from tests.faults.scene import NeverCame, Tenant

from runbook import run
from runbook.errors import RunbookError
from runbook.home import params_folder
from runbook.lab import lab as labs
from runbook.lab.names import address, host_name
from runbook.params import for_host

# Most of a case is waiting, so more of them than there are cores.
HOSTS = 6
# On a slow machine the deadline may pass before the change comes to the point.
TRIES = 3
Tell = Callable[[Result], None]
_renewing = threading.Lock()


def make_home(folder: Path) -> Path:
    """A home of its own, with parameters for every host."""
    home = bench.make_home(folder)
    shipped = (home / "params" / f"{host_name(1)}.yaml").read_text()
    # Some grounds have their addresses from the router's DHCP server; the others only note it.
    shipped = shipped.replace("consent: [bpdu]", "consent: [bpdu, dhcp-reservation]")
    for number in range(1, HOSTS + 1):
        host = host_name(number)
        text = shipped.replace(host_name(1), host).replace(address(host_name(1)), address(host))
        (home / "params" / f"{host}.yaml").write_text(text)
    return home


def ground(release: str, addressing: str) -> Ground:
    """Bring the lab up, and draw the plan that will be hit."""
    labs.up(HOSTS, release, addressing, lambda _text: None)
    labs.renew(host_name(1))
    session = run.open_session(for_host(params_folder(), {"host": host_name(1)}))
    with closing(session.host):
        return Ground(release, addressing, run.plan(session, run.read(session)))


def play_all(cases: Iterable[Case], home: Path, tell: Tell) -> list[Result]:
    """Every case, on the hosts of the lab that is up; those that must be alone come last."""
    cases = list(cases)
    together = [case for case in cases if not case.alone]
    results = list(_side_by_side(together, home, tell))
    for case in (case for case in cases if case.alone):
        results.append(play(case, host_name(1), home))
        tell(results[-1])
    return results


def _side_by_side(cases: list[Case], home: Path, tell: Tell) -> Iterator[Result]:
    hosts: queue.Queue[str] = queue.Queue()
    for number in range(1, HOSTS + 1):
        hosts.put(host_name(number))

    def one(case: Case) -> Result:
        host = hosts.get()
        try:
            result = play(case, host, home)
        finally:
            hosts.put(host)
        tell(result)
        return result

    with ThreadPoolExecutor(max_workers=HOSTS) as pool:
        yield from pool.map(one, cases)


def play(case: Case, host: str, home: Path) -> Result:
    """One case from a fresh host to its verdict."""
    for _ in range(TRIES):
        result = _play(case, host, home)
        if result.end != NOT_HIT:
            break
    return result


def _play(case: Case, host: str, home: Path) -> Result:
    with _renewing:
        labs.renew(host)
    try:
        tenant = Tenant.move_in(host) if case.guest else None
        start = _start(host, home)
    except RunbookError as error:
        return Result(case, NOT_HIT, Waited(), str(error))
    options = ("-p", "forward", "open") if tenant else ()
    scene = scenes.begin(host, home, *options)
    scene.guest = tenant
    try:
        scene.wait_for(case.point)
        case.inject(scene)
        waited = Waited(scene.since, scene.seconds_to_answer(), scene.seconds_to_end())
        status = scene.end_program()
        for mend in scene.mend:
            mend()
        return judge(case, scene, start, waited, status)
    except NeverCame as error:
        return Result(case, NOT_HIT, Waited(), f"{error}\n{scene.last_words()}")
    except Exception as error:  # noqa: BLE001 - one broken case must not hide the others
        return Result(case, BETWEEN, Waited(), f"{type(error).__name__}: {error}")
    finally:
        scene.close()


def _start(host: str, home: Path) -> Start:
    session = run.open_session(for_host(home / "params", {"host": host}))
    with closing(session.host):
        state = run.read(session)
        promise = run.plan(session, state).promise
    return Start(state, frozenset(scenes.files(host)), promise)
