"""Many cases, a few hosts at a time: each row is told as soon as it is known."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from tests import bench, stages
from tests.faults import operator_disk
from tests.faults import scene as scenes
from tests.faults.cases import Case, Ground
from tests.faults.judging import BETWEEN, NOT_HIT, Result, Start, Waited, judge
from tests.faults.operator_disk import OwnDisk
from tests.faults.scene import NotHit, Scene
from tests.faults.tenant import Tenant

from runbook.lab import lab as labs
from runbook.lab.names import address, host_name
from runbook.params import for_host
from runbook.run import pipeline

# Most of a case is waiting, so more of them than there are cores.
HOSTS = 6
# On a slow machine the deadline may pass before the change comes to the point.
TRIES = 3
# What a host's parameters say instead, by how it gets its address.
MORE = {"static": ("", ""), "dhcp": ("consent: [bpdu]", "consent: [bpdu, dhcp-reservation]")}
Tell = Callable[[Result], None]
_renewing = threading.Lock()


def make_home(folder: Path, addressing: str = "static", hosts: int = HOSTS) -> Path:
    """A home of its own, with parameters for every host."""
    home = bench.make_home(folder)
    shipped = (home / "params" / f"{host_name(1)}.yaml").read_text().replace(*MORE[addressing])
    for number in range(1, hosts + 1):
        host = host_name(number)
        text = shipped.replace(host_name(1), host).replace(address(host_name(1)), address(host))
        (home / "params" / f"{host}.yaml").write_text(text)
    return home


def ground(release: str, addressing: str, home: Path, hosts: int = HOSTS) -> Ground:
    """Bring the lab up, and draw the plan that will be hit."""
    labs.up(hosts, release, addressing, lambda _text: None)
    labs.renew(host_name(1))
    session = pipeline.open_session(for_host(home / "params", {"host": host_name(1)}))
    with closing(session.host):
        return Ground(release, addressing, stages.draft(session, pipeline.read(session)).plan)


def play_all(cases: Iterable[Case], home: Path, tell: Tell, hosts: int = HOSTS) -> list[Result]:
    """Every case, on the hosts of the lab that is up; those that must be alone come last."""
    cases = list(cases)
    together = [case for case in cases if not case.alone]
    results = list(_side_by_side(together, home, tell, hosts))
    for case in (case for case in cases if case.alone):
        results.append(play(case, host_name(1), home))
        tell(results[-1])
    return results


def _side_by_side(cases: list[Case], home: Path, tell: Tell, hosts: int) -> Iterator[Result]:
    free: queue.Queue[str] = queue.Queue()
    for number in range(1, hosts + 1):
        free.put(host_name(number))

    def one(case: Case) -> Result:
        host = free.get()
        try:
            result = play(case, host, home)
        finally:
            free.put(host)
        tell(result)
        return result

    with ThreadPoolExecutor(max_workers=hosts) as pool:
        yield from pool.map(one, cases)


def play(case: Case, host: str, home: Path) -> Result:
    """One case from a fresh host to its verdict."""
    for _ in range(TRIES):
        result = _play(case, host, home)
        if result.end != NOT_HIT:
            break
    return result


def _play(case: Case, host: str, home: Path) -> Result:
    try:
        start, scene = _begin(case, host, home)
    except Exception as error:  # noqa: BLE001 - one broken host must not hide the others
        return Result(case, NOT_HIT, Waited(), _words(error))
    try:
        if case.held:
            scene.wait_for(case.point)
        case.inject(scene)
        answered, ended = scene.seconds_to_answer(), scene.seconds_to_end()
        status = scene.end_program()
        scene.mend_all()
        return judge(
            case, scene, start, Waited(scene.since, answered, ended, scene.cut_off), status
        )
    except NotHit as error:
        return Result(case, NOT_HIT, Waited(), f"{_words(error)}\n{scene.last_words()}")
    except Exception as error:  # noqa: BLE001 - one broken case must not hide the others
        return Result(case, BETWEEN, Waited(), f"{_words(error)}\n{scene.last_words()}")
    finally:
        scene.close()


def _begin(case: Case, host: str, home: Path) -> tuple[Start, Scene]:
    with _renewing:
        labs.renew(host)
    if case.prepare:
        case.prepare(host)
    tenant = Tenant.move_in(host) if case.guest else None
    start = _start(host, home)
    more = ("-p", "forward", "open") if tenant else ()
    options = ("-p", "deadline_s", str(case.deadline_s), *more)
    disk = OwnDisk.mounted(home, host) if case.own_disk else None
    told = dict(case.environment)
    if case.own_disk:
        told[operator_disk.SLOW] = str(operator_disk.flag_of(home, host))
    scene = scenes.begin(host, home, *options, environment=told, held=case.held, slower=case.slower)
    scene.guest, scene.disk = tenant, disk
    return start, scene


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _start(host: str, home: Path) -> Start:
    session = pipeline.open_session(for_host(home / "params", {"host": host}))
    with closing(session.host):
        state = pipeline.read(session)
        promise = stages.draft(session, state).plan.of_host
    return Start(state, frozenset(scenes.files(host)), promise)
