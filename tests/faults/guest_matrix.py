"""Many moves of guests, a few hosts at a time: what is as before serves again."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from tests import bench, stages
from tests.faults import guest_judging, guest_look, guest_record, matrix
from tests.faults import scene as scenes
from tests.faults.guest_cases import BEFORE, RELEASE, GuestCase, GuestGround
from tests.faults.guest_judging import Start, changes
from tests.faults.guest_look import NAME, NETWORK, Look
from tests.faults.judging import AS_PROMISED, BETWEEN, GOOD, NOT_HIT, Result, Waited
from tests.faults.matrix import TRIES
from tests.faults.scene import NotHit, Scene

from runbook.lab import guest as guests
from runbook.lab import lab as labs
from runbook.lab.guest_xml import Guest
from runbook.lab.names import GUEST_PASSWORD, host_name
from runbook.params import for_host
from runbook.run import pipeline
from runbook.run.subject_guests import about_guests
from runbook.transport.guest.login import VARIABLE

NOTEBOOK = bench.ROOT / "notebooks" / "guest.ipynb"
# Each has an emulated guest of its own.
HOSTS = 4
# The kind of guest that most cases are about, and so the first.
FIRST = ("quick", "login")
Tell = Callable[[Result], None]
_renewing = threading.Lock()


@dataclass
class GuestLab:
    """A host on the LAN with a guest that is not; `kind` is the guest's, '' where there is none."""

    host: str
    home: Path
    on_the_lan: bool = False
    kind: tuple[str, str] = ("", "")
    seen: Look | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ready(self, system: str, console: str) -> None:
        """Have such a guest there, as before any change."""
        if not self.on_the_lan:
            self._renew()
        if self.kind != (system, console):
            self._guest_anew(system, console)

    def spoilt(self, result: Result) -> None:
        """What a case has left: nothing, where all is as before."""
        if result.end == AS_PROMISED or result.case.fault == "account locked":
            self.kind = ("", "")
        elif result.end not in GOOD:
            self.on_the_lan = False

    def _renew(self) -> None:
        with _renewing:
            labs.renew(self.host)
        pipeline.change(pipeline.open_session(for_host(self.home / "params", {"host": self.host})))
        self.on_the_lan, self.kind = True, ("", "")

    def _guest_anew(self, system: str, console: str) -> None:
        self.kind, self.seen = ("", ""), None
        if NAME in guests.names(self.host):
            guests.remove(self.host, NAME)
        where = guests.place(self.host, NETWORK)
        guests.add(self.host, Guest(NAME, NETWORK, *where, kind=system, console=console))
        inside = console != "none"
        self.seen = guest_look.look(self.host) if inside else guest_look.outside(self.host)
        self.kind = (system, console)

    def start(self) -> Start:
        """Host and guest as they are now."""
        return Start(
            scenes.snapshot(self.host),
            frozenset(scenes.files(self.host)),
            self.seen or guest_look.outside(self.host),
            guest_record.folders(self.home, self.host),
            changes(self.host),
        )


def make_home(folder: Path, hosts: int = HOSTS) -> Path:
    """A home of its own; a host that has guests on libvirt's network forwards for them."""
    home = matrix.make_home(folder, hosts=hosts)
    for path in (home / "params").glob("server-*.yaml"):
        path.write_text(f"{path.read_text()}\nforward: open\n")
    return home


def places(home: Path, hosts: int = HOSTS) -> tuple[GuestLab, ...]:
    """The hosts of a lab that is up."""
    return tuple(GuestLab(host_name(number), home) for number in range(1, hosts + 1))


def ground(free: Sequence[GuestLab]) -> GuestGround:
    """Have a guest on each host, and draw the plan that is made for one and will be hit."""
    place = free[0]
    with ThreadPoolExecutor(max_workers=len(free)) as pool:
        list(pool.map(lambda each: each.ready(*FIRST), free))
    asked = {"name": NAME, "address": guest_look.wanted(place.host)}
    params = for_host(place.home / "params", {"host": place.host, "guests": [asked]})
    # Where the password comes from is settled when the session is opened.
    with mock.patch.dict("os.environ", {VARIABLE: GUEST_PASSWORD}):
        session = about_guests(pipeline.open_session(params), params.guests)
        with closing(session.host), closing(stages.sessions(session)):
            before = pipeline.read(session)
            drawn = stages.draft(session, before)
    return GuestGround(RELEASE, "static", drawn.plan)


def play_all(cases: Iterable[GuestCase], free: Sequence[GuestLab], tell: Tell) -> list[Result]:
    """Every case; those of one kind of guest follow each other."""
    waiting: queue.Queue[GuestLab] = queue.Queue()
    for place in free:
        waiting.put(place)

    def one(case: GuestCase) -> Result:
        place = waiting.get()
        try:
            result = play(case, place)
        finally:
            waiting.put(place)
        tell(result)
        return result

    ordered = sorted(cases, key=lambda case: (case.system, case.console) != FIRST)
    with ThreadPoolExecutor(max_workers=waiting.qsize()) as pool:
        return list(pool.map(one, ordered))


def play(case: GuestCase, place: GuestLab) -> Result:
    """One case from a guest as before to its verdict."""
    for _ in range(TRIES):
        result = _play(case, place)
        place.spoilt(result)
        if result.end != NOT_HIT:
            break
    return result


def _play(case: GuestCase, place: GuestLab) -> Result:
    try:
        place.ready(case.system, case.console)
        start = place.start()
    except Exception as error:  # noqa: BLE001 - one broken host must not hide the others
        return Result(case, NOT_HIT, Waited(), f"{type(error).__name__}: {error}")
    scene, tried = _tried(case, place)
    try:
        if isinstance(tried, Exception):
            return _failed(case, NOT_HIT if isinstance(tried, NotHit) else BETWEEN, scene, tried)
        return guest_judging.judge(case, scene, start, *tried)
    except Exception as error:  # noqa: BLE001 - one broken case must not hide the others
        return _failed(case, BETWEEN, scene, error)
    finally:
        scene.close()


def _tried(case: GuestCase, place: GuestLab) -> tuple[Scene, tuple[Waited, int] | Exception]:
    """The run with the fault in it; what stood before it is taken away again."""
    with case.setting(place.host) as environment:
        scene = _begin(case, place, environment)
        try:
            return scene, _hit(case, scene)
        except Exception as error:  # noqa: BLE001 - told, and judged, by whoever asked
            return scene, error


def _begin(case: GuestCase, place: GuestLab, environment: dict[str, str]) -> Scene:
    options = ("-p", "guest", NAME, "-p", "address", guest_look.wanted(place.host))
    deadline = ("-p", "deadline_s", str(case.deadline_s))
    told = {VARIABLE: GUEST_PASSWORD, **environment}
    return scenes.begin(
        place.host, place.home, *options, *deadline, notebook=NOTEBOOK, environment=told
    )


def _hit(case: GuestCase, scene: Scene) -> tuple[Waited, int]:
    if case.point == BEFORE:
        scene.from_now("fault")
        scene.end_program()
    else:
        scene.wait_for(case.point)
    case.inject(scene)
    answered, ended = scene.seconds_to_answer(), scene.seconds_to_end()
    status = scene.end_program()
    scene.mend_all()
    return Waited(scene.since, answered, ended, scene.cut_off), status


def _failed(case: GuestCase, end: str, scene: Scene, error: Exception) -> Result:
    words = f"{type(error).__name__}: {error}\n{scene.last_words()}"
    return Result(case, end, Waited(), words)
