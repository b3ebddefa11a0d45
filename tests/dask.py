"""A scheduler of Dask and its workers, started as an operator starts them."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import bench

ONCE = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
START_S = 90.0
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1")


def certified(folder: Path) -> dict[str, str]:
    """What a machine's environment tells Dask of TLS; the certificate is of a CA of this folder."""
    folder.mkdir()
    ca = folder / "ca.pem"
    of_ca = _certificate(folder / "ca", "-addext", "keyUsage=critical,keyCertSign")
    ca.write_text(of_ca.with_suffix(".crt").read_text())
    signed = ("-CA", str(ca), "-CAkey", str(of_ca.with_suffix(".key")))
    own = _certificate(folder / "own", *signed, "-addext", "basicConstraints=critical,CA:FALSE")
    both = own.with_suffix(".pem")
    both.write_text(own.with_suffix(".crt").read_text() + own.with_suffix(".key").read_text())
    told = {f"{each}__CERT": str(both) for each in ("SCHEDULER", "WORKER", "CLIENT")}
    return {f"DASK_DISTRIBUTED__COMM__TLS__{k}": v for k, v in {"CA_FILE": str(ca), **told}.items()}


def _certificate(path: Path, *words: str) -> Path:
    files = ("-keyout", f"{path}.key", "-out", f"{path}.crt", "-subj", f"/CN={path.name}")
    command = ("openssl", "req", "-x509", *KEY, *files, *words)
    subprocess.run(command, check=True, capture_output=True)
    return path


@dataclass
class Dask:
    """Its processes; `place` is a command that leads elsewhere, such as into a namespace."""

    folder: Path
    environ: Mapping[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def scheduler(self, host: str, settings: Mapping[str, str], protocol: str = "tcp") -> str:
        """Start the scheduler; its address."""
        told = self.folder / "scheduler.json"
        place = ("--protocol", protocol, "--host", host, "--port", "0")
        words = (*place, "--no-dashboard", "--scheduler-file", str(told))
        self._start("scheduler", ("dask", "scheduler", *words), settings)
        end = time.monotonic() + START_S
        while not told.exists() or not told.read_text():
            assert time.monotonic() < end, self.log("scheduler")
            time.sleep(0.2)
        return str(json.loads(told.read_text())["address"])

    def worker(
        self, name: str, address: str, place: tuple[str, ...] = (), threads: int = 4
    ) -> None:
        """Start a worker, and wait until the scheduler has it."""
        words = ("--name", name, "--nthreads", str(threads), "--no-nanny", "--no-dashboard")
        self._start(name, (*place, "dask", "worker", address, *words), {})
        end = time.monotonic() + START_S
        while "Registered to" not in self.log(name):
            assert time.monotonic() < end, self.log(name)
            time.sleep(0.2)

    def log(self, name: str) -> str:
        """What a process of it printed."""
        return (self.folder / f"{name}.log").read_text()

    def kill(self, name: str) -> None:
        """As a power cut does."""
        self.running[name].kill()
        self.running.pop(name).wait()

    def end(self) -> None:
        """End all."""
        for name in tuple(self.running):
            self.kill(name)

    def _start(self, name: str, argv: tuple[str, ...], settings: Mapping[str, str]) -> None:
        # A place such as `ip netns exec` is not among the programs of this environment.
        words = [str(bench.BIN / "dask") if word == "dask" else word for word in argv]
        with (self.folder / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                words,
                cwd=self.folder,
                env={**os.environ, **self.environ, **settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )


@contextmanager
def dask_of(home: Path) -> Iterator[Dask]:
    """Processes of Dask that know this home; none of them outlives the test."""
    folder = home.parent / "dask"
    folder.mkdir()
    made = Dask(folder, bench.environment(home))
    try:
        yield made
    finally:
        made.end()
