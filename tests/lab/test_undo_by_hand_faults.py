"""The undo as a person at the console runs it, with nothing of this program left on the host."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext

import pytest
from tests import stages

from runbook.common.folders import params_folder
from runbook.lab.names import OPERATOR, ROUTER
from runbook.params import for_host
from runbook.plan.plan import PHASES
from runbook.run import pipeline
from runbook.run.session import Session, Underway
from runbook.state.diff import compare
from runbook.state.snapshot import Snapshot, take

HOST = "server-01"
ARMED = "/var/lib/runbook/armed"
Console = Callable[..., str]
Half = tuple[Session, Snapshot, Underway]


@pytest.fixture
def half(fresh_host: str, request: pytest.FixtureRequest) -> Half:
    """A change made up to and including one phase, and then left alone."""
    session = pipeline.open_session(for_host(params_folder(), {"host": fresh_host}))
    before = pipeline.read(session)
    underway = pipeline.arm(session, stages.ready(session))
    for phase in PHASES[: PHASES.index(request.param) + 1]:
        pipeline.apply(session, underway, phase)
    session.host.close()
    return session, before, underway


def read_again(session: Session) -> Snapshot:
    with closing(session.connect()) as host:
        return take(host, session.clock.now())


@contextmanager
def no_python(console: Console) -> Iterator[None]:
    """The host without the interpreter that the undo would announce the address with."""
    console("sh", "-c", "mkdir /kept && mv /usr/bin/python3* /kept/")
    try:
        assert "not found" in console("sh", "-c", "python3 --version")
        yield
    finally:
        console("sh", "-c", "mv /kept/* /usr/bin/ && rmdir /kept")


@pytest.mark.parametrize(
    "half",
    [*(pytest.param(phase, marks=pytest.mark.thorough) for phase in PHASES[:2]), *PHASES[2:]],
    indirect=True,
)
def test_it_needs_neither_python_nor_the_operators_machine(half: Half, console: Console) -> None:
    session, before, underway = half
    with no_python(console):
        said = console("sh", f"{ARMED}/undo")
        again = console("sh", underway.armed.undo_path)
    for text in (said, again):
        assert "finished: the host is as it was before the change" in text
    assert "could not" not in said
    assert f"{session.params.ipv4} " in said, "it shows the address that it put back"
    assert compare(before, read_again(session)).empty
    assert "No such file" in console("ls", ARMED)


@pytest.mark.parametrize("half", ["settle"], indirect=True)
@pytest.mark.parametrize("without", [no_python, nullcontext], ids=["no python3", "python3"])
def test_the_router_sends_to_the_nic_again_at_once(
    half: Half, console: Console, without: Callable[[Console], AbstractContextManager[None]]
) -> None:
    session, _, _ = half
    nic = console("cat", f"/sys/class/net/{session.params.interface}/address").strip()
    address = str(session.params.ipv4.ip)
    router = ("ip", "-n", ROUTER, "neighbour", "show", address)
    # Sent to a MAC that is gone, the first SYN would get no answer within the second.
    knock = ("ip", "netns", "exec", OPERATOR, "nc", "-z", "-w", "1", address, "22")

    def held() -> str:
        return subprocess.run(router, capture_output=True, text=True, check=True).stdout

    assert nic not in held()
    with without(console):
        console("sh", f"{ARMED}/undo")
        assert nic in held()
        assert subprocess.run(knock, check=False).returncode == 0


@pytest.mark.parametrize("half", ["cutover"], indirect=True)
def test_it_explains_itself_to_whoever_opens_it(half: Half, console: Console) -> None:
    session, _, underway = half
    script = console("cat", f"{ARMED}/undo")
    head = script[: script.index("set -u")]
    for told in (
        session.params.host,
        session.params.address,
        session.params.bridge,
        session.operator,
        underway.armed.change_id,
        "sh undo",
        "safe at any time",
    ):
        assert told in head, told
