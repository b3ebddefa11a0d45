"""A fleet of lab hosts, and a fleet run that may be killed in the middle of a batch."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import bench

from runbook.lab import machine, shell

SAFE = {"confirmed", "undone", "stood down", "never changed"}
PATIENCE_S = 400


def names(count: int) -> tuple[str, ...]:
    """The lab's hosts: server-01 and so on."""
    return tuple(f"server-{number:02}" for number in range(1, count + 1))


def fresh(count: int) -> None:
    """So many hosts as they were installed."""
    stood = len(_stand()) == count
    bench.lab("up", "--hosts", str(count))
    bench.lab("router", "--", "ip", "neigh", "flush", "all")
    for host in names(count) if stood else ():
        bench.lab("power-cut", host)
        bench.lab("renew", host)


def _stand() -> list[str]:
    """The hosts of the lab; none where there is no lab yet."""
    command = [str(bench.BIN / "runbook"), "lab", "status", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [row["host"] for row in json.loads(done.stdout)["hosts"]] if not done.returncode else []


def describe(home: Path, hosts: tuple[str, ...]) -> None:
    """A file for each host, as the lab made it."""
    model = (home / "params" / "server-01.yaml").read_text()
    for host in hosts:
        address = f"172.16.1.{int(host.rpartition('-')[2])}/16"
        text = model.replace("172.16.1.1/16", address)
        (home / "params" / f"{host}.yaml").write_text(text)


def is_bridged(host: str) -> bool:
    """Whether the host has its address on the bridge."""
    return machine.run(host, ["test", "-e", "/sys/class/net/virbr1/brif/enp4s0f0"]).returncode == 0


def is_armed(host: str) -> bool:
    """Whether a change holds the host."""
    return machine.run(host, ["test", "-e", "/var/lib/runbook/armed"]).returncode == 0


def settle(hosts: tuple[str, ...], within_s: float = PATIENCE_S) -> None:
    """Wait until every host is as before or as promised, and its undo is gone."""
    shell.wait_for(
        "hosts that are armed no more", lambda: not any(map(is_armed, hosts)), within_s, pause=2
    )


def run_of(home: Path) -> Path:
    """The folder of the newest fleet run."""
    return max((home / "outputs" / "_fleet").glob("*Z"))


@dataclass
class Begun:
    """A fleet run that goes on in the background; `places` is where papermill ran for each host."""

    process: subprocess.Popen[str]
    places: dict[str, str] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)

    def wait_until_armed(self, host: str) -> None:
        """In the middle of the host's change."""
        shell.wait_for(
            f"{host} to be armed",
            lambda: is_armed(host) or self.process.poll() is not None,
            PATIENCE_S,
            pause=0.2,
        )
        assert self.process.poll() is None, self.process.communicate()[0]

    def end(self) -> tuple[int, str]:
        """Its exit status, and what it printed."""
        said, _ = self.process.communicate(timeout=900)
        self.over.set()
        return self.process.returncode, said

    def look(self) -> None:
        """Note in which network namespace each papermill is."""
        while not self.over.wait(0.5):
            self.places |= dict(_papermills())


@contextmanager
def begun(home: Path, *words: str) -> Iterator[Begun]:
    """`runbook fleet` in the background."""
    process = subprocess.Popen(
        [*bench.HEARING, str(bench.BIN / "runbook"), "fleet", *words],
        env=bench.environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    made = Begun(process)
    threading.Thread(target=made.look, daemon=True).start()
    try:
        yield made
    finally:
        made.over.set()
        process.kill()
        process.wait()


def _papermills() -> Iterator[tuple[str, str]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_text().split("\0")
            place = str((folder / "ns" / "net").readlink())
        except OSError:
            continue
        # The host is the value after `-p host`; a run that only plans writes another notebook.
        if "papermill" in words and "host" in words and not any(".plan." in w for w in words):
            yield words[words.index("host") + 1], place


@contextmanager
def elsewhere(name: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Another machine: a command that leads into its network, and this machine's address there."""
    ip = shutil.which("ip") or "/sbin/ip"
    here, there = f"{name}-a", f"{name}-b"
    into = (ip, "netns", "exec", name)
    for words in (
        ("netns", "add", name),
        ("link", "add", here, "type", "veth", "peer", "name", there, "netns", name),
        ("addr", "add", "10.77.0.1/24", "dev", here),
        ("link", "set", here, "up"),
        ("-n", name, "addr", "add", "10.77.0.2/24", "dev", there),
        ("-n", name, "link", "set", there, "up"),
        ("-n", name, "link", "set", "lo", "up"),
    ):
        subprocess.run([ip, *words], check=True)
    try:
        yield into, "10.77.0.1"
    finally:
        subprocess.run([ip, "netns", "delete", name], check=False)
        subprocess.run([ip, "link", "delete", here], check=False, capture_output=True)
