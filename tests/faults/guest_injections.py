"""What is done to a guest, or to the way into it, while it is moved."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from tests.faults import guest_look, outages
from tests.faults.guest_look import NAME
from tests.faults.injections import Injection
from tests.faults.scene import NotHit, Scene

from runbook.common.clock import SystemClock
from runbook.lab import guest as guests
from runbook.lab import machine
from runbook.lab.names import GUEST_PASSWORD, GUEST_USER, ROUTER
from runbook.transport import ssh
from runbook.transport.connect import connect
from runbook.transport.guest import Channel, ChannelOptions, Credentials, Secret, open_channel
from runbook.transport.guest.login import VARIABLE

# A person at the console, who would end somebody else's session to get there.
PERSON = ("script", "-qec", f"virsh console --force {NAME}", "/dev/null")
SAT_DOWN_S = 10.0
# Until a guest whose account was locked, and whose agent was stopped, has both again.
LOCKED_S = 150
UNLOCK_PORT = 4444
LOCK = "cp -p /etc/shadow /root/shadow && sed -i 's/^root:[^:]*/root:!/' /etc/shadow"
UNLOCK = "cat /root/shadow >/etc/shadow; rm /root/shadow"
Environment = dict[str, str]


def reset(scene: Scene) -> None:
    """The guest restarts from the beginning, as by its reset button."""
    scene.console("virsh", "reset", NAME)
    scene.from_now("fault")
    scene.go()


def destroy(scene: Scene) -> None:
    """The guest's power goes, and nobody switches it on."""
    scene.console("virsh", "destroy", NAME)
    scene.from_now("fault")
    scene.go()


def take_console(scene: Scene) -> None:
    """Somebody else sits down at the guest's console, and stays."""
    person = _sit_down(scene.host)
    scene.mend.append(lambda: _stand_up(person))
    time.sleep(1.0)
    if person.poll() is not None:
        raise NotHit("nobody got to the console")
    scene.from_now("fault")
    scene.go()


def stop_agent(scene: Scene) -> None:
    """The agent in the guest ends."""
    _by_agent(scene, "systemctl", "stop", "qemu-guest-agent")
    scene.mend.append(lambda: _start_agent(scene.host))
    scene.from_now("fault")
    scene.go()


def lock_out(scene: Scene) -> None:
    """The agent ends and root's account is locked: nothing leads inside for some minutes."""
    later = f"sleep {LOCKED_S}; {UNLOCK}; systemctl start qemu-guest-agent"
    _by_agent(scene, "systemd-run", "--quiet", "sh", "-c", later)
    _by_agent(scene, "sh", "-c", f"{LOCK}; systemctl stop qemu-guest-agent")
    scene.mend.append(lambda: _until_agent(scene.host))
    scene.from_now("fault")
    scene.go()


def take_address(scene: Scene) -> None:
    """Another machine on the LAN answers for the guest's new address from now on."""
    _claim(scene.host, "add")
    scene.mend.append(lambda: _claim(scene.host, "delete"))
    scene.from_now("fault")
    scene.go()


def silence_router(scene: Scene) -> None:
    """The router sends nothing to the guest, until the host has put itself back."""
    outages.silence(scene, guest_look.wanted(scene.host).partition("/")[0])


@contextmanager
def as_it_is(_host: str) -> Iterator[Environment]:
    """Nothing stands against the run."""
    yield {}


@contextmanager
def wrong_password(_host: str) -> Iterator[Environment]:
    """The operator has another password than the guest."""
    yield {VARIABLE: "mistyped"}


@contextmanager
def locked(host: str) -> Iterator[Environment]:
    """Root's account is locked in the guest, until somebody knocks at a port of it."""
    with _inside(host) as channel:
        script = f"{LOCK}; (nc -l -p {UNLOCK_PORT}; {UNLOCK}) </dev/null >/dev/null 2>&1 &"
        channel.run(("sh", "-c", script))
    try:
        yield {}
    finally:
        knock = f"exec 3<>/dev/tcp/{guests.place(host, guest_look.NETWORK)[0].ip}/{UNLOCK_PORT}"
        machine.run(host, ("timeout", "5", "bash", "-c", knock))
        time.sleep(1.0)


@contextmanager
def address_taken(host: str) -> Iterator[Environment]:
    """Another machine on the LAN has the address already."""
    _claim(host, "add")
    try:
        yield {}
    finally:
        _claim(host, "delete")


@contextmanager
def console_taken(host: str) -> Iterator[Environment]:
    """Somebody else is at the console."""
    person = _sit_down(host)
    time.sleep(1.0)
    try:
        yield {}
    finally:
        _stand_up(person)


@contextmanager
def paused(host: str) -> Iterator[Environment]:
    """The guest is paused."""
    machine.run(host, ("virsh", "suspend", NAME))
    try:
        yield {}
    finally:
        machine.run(host, ("virsh", "resume", NAME))


@contextmanager
def _inside(host: str) -> Iterator[Channel]:
    with closing(connect(host, prefix=ssh(host))) as reached:
        credentials = Credentials(GUEST_USER, lambda: Secret(GUEST_PASSWORD))
        made = open_channel(
            reached.doors(NAME), credentials, ChannelOptions("l0ck"), clock=SystemClock()
        )
        with closing(made) as channel:
            yield channel


def _sit_down(host: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        machine.inside(host, PERSON),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _stand_up(person: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(person.pid, signal.SIGTERM)
    person.wait(SAT_DOWN_S)


def _by_agent(scene: Scene, program: str, *words: str) -> None:
    """A command in the guest, begun by its agent and not waited for."""
    argv = ",".join(f'"{word}"' for word in words)
    command = f'{{"execute":"guest-exec","arguments":{{"path":"{program}","arg":[{argv}]}}}}'
    scene.console("virsh", "qemu-agent-command", NAME, command)


def _start_agent(host: str) -> None:
    if not guests.agent_answers(host, NAME):
        with _inside(host) as channel:
            channel.run(("systemctl", "start", "qemu-guest-agent"))


def _until_agent(host: str) -> None:
    end = time.monotonic() + LOCKED_S
    while not guests.agent_answers(host, NAME) and time.monotonic() < end:
        time.sleep(1.0)


def _claim(host: str, verb: str) -> None:
    address = guest_look.wanted(host).partition("/")[0]
    command = ("ip", "-n", ROUTER, "address", verb, f"{address}/32", "dev", "lan")
    subprocess.run(command, check=True)


AT_A_GUEST: dict[str, Injection] = {"guest reset": reset, "guest destroyed": destroy}
