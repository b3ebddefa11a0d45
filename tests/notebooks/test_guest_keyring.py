"""`papermill notebooks/guest.ipynb` with the password out of a keyring, and nowhere else."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests import bench
from tests.bench import BIN, HOST
from tests.lab import guesting, serial_line
from tests.run_folder import run_folder

from runbook.lab import machine

pytestmark = [pytest.mark.thorough, pytest.mark.timeout(600)]
GUEST = bench.ROOT / "notebooks" / "guest.ipynb"
WANTED = (
    *("-p", "host", HOST, "-p", "guest", "vm-01", "-p", "address", "172.16.1.10/16"),
    *("-p", "login_from", "keyring"),
)
# A word that stands nowhere else; `openssl passwd -6 -salt runbook-lab` made the second of it.
PASSWORD = "kr-7f3a-only-here"  # noqa: S105 - the lab's own
HASH = (
    "$6$runbook-lab$rV4h6UoR31sV9YJlOYaB3wIUOd3KqSBIJeI/gRj1sfSJMSH8QxlTew1WwkQLVkbO"
    "/llbP5ePw3DqduxW4DVu//"
)


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    """A host on the LAN, with a guest that has a password of its own."""
    bench.fresh()
    guesting.on_the_lan()
    guesting.added("quick", "vm-01")
    answered, shown = serial_line.talk(HOST, "vm-01", *serial_line.LOGIN)
    assert answered, shown
    change = f"sed -i 's|^root:[^:]*|root:{HASH}|' /etc/shadow && sync"
    assert "ended 0" in serial_line.run(HOST, "vm-01", change)
    assert serial_line.talk(HOST, "vm-01", ("exit\r", "login: "))[0]
    yield HOST
    bench.fresh()


@pytest.fixture
def keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A keyring in a file, as a desktop's would be chosen: by the environment."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyrings.alt.file.PlaintextKeyring")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in [name for name in os.environ if name.startswith("RUNBOOK_GUEST_PASSWORD")]:
        monkeypatch.delenv(name)
    return tmp_path / "data"


def keep(service: str, user: str) -> None:
    """As the error says that one does it."""
    argv = (str(BIN / "keyring"), "set", service, user)
    subprocess.run(argv, input=PASSWORD, text=True, check=True, capture_output=True)


@contextmanager
def overheard() -> Iterator[set[str]]:
    """Every command line of this machine meanwhile in which the password is."""
    found: set[str] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            for entry in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    words = entry.read_bytes()
                except OSError:
                    continue
                if PASSWORD.encode() in words:
                    found.add(words.replace(b"\0", b" ").decode(errors="replace"))

    watch = threading.Thread(target=look)
    watch.start()
    try:
        yield found
    finally:
        over.set()
        watch.join()


def holding(folder: Path) -> list[Path]:
    """The files below it in which the password is."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path for path in files if PASSWORD.encode() in path.read_bytes()]


def test_a_keyring_that_has_it_not_refuses_and_says_how_it_is_put_there(
    host: str, home: Path, keyring: Path
) -> None:
    assert host
    assert not keyring.exists()
    done = bench.papermill(home, *WANTED, name="none.ipynb", notebook=GUEST)
    assert done.status != 0
    assert "keyring set 'runbook guest vm-01' root" in done.said


def test_the_password_is_in_the_keyring_and_in_nothing_that_a_run_leaves_or_shows(
    host: str, home: Path, keyring: Path
) -> None:
    assert host
    keep("runbook guest vm-01", "root")
    with overheard() as loud:
        subprocess.run(("sh", "-c", "sleep 0.5", PASSWORD), check=True)
    assert len(loud) == 1
    with overheard() as heard:
        done = bench.papermill(home, *WANTED, name="keyring.ipynb", notebook=GUEST)
    assert done.status == 0, done.said
    assert done.outcome["outcome"] == "as promised"
    assert "serial console" in done.page
    assert heard == set()
    assert PASSWORD not in done.said
    assert "login: »root" in (run_folder(done) / "console-vm-01.txt").read_text()
    # The notebook, the record, and whatever else was written meanwhile.
    assert holding(home.parent) == []
    logged = machine.run(HOST, ("grep", "-rlF", PASSWORD, "/var/log", "/var/lib/runbook"))
    assert logged.stdout == b""
    # It could have been found, and the keyring has it: base64, in a file of its own.
    assert any(path.is_file() for path in keyring.rglob("*"))
