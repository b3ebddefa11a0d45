"""`papermill notebooks/routed.ipynb` against a booted host: what it does, says and exits with."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import bench
from tests.bench import HOST, papermill, thorough
from tests.run_folder import run_folder

from runbook.run import record
from runbook.state.diff import compare

# Answers until the file that it is given is there.
LISTENER = """
import os, socket, sys
listening = socket.create_server(("10.99.0.2", 7007))
listening.settimeout(0.05)
print("listens", flush=True)
while not os.path.exists(sys.argv[1]):
    try:
        listening.accept()[0].close()
    except TimeoutError:
        pass
"""


@pytest.mark.thorough
def test_mode_plan_writes_nothing_on_the_host(fresh_host: str, home: Path) -> None:
    before = bench.snapshot()
    done = papermill(home, "-p", "host", fresh_host, "-p", "mode", "plan")
    assert done.status == 0, done.said
    assert done.outcome["outcome"] == "planned only"
    assert "Plan: " in done.page
    assert "mode is plan: nothing was written" in done.page
    assert str(compare(before, bench.snapshot())) == ""
    assert bench.on_host("sh", "-c", "ls -A /var/lib | grep -c runbook || true").strip() == "0"


@pytest.mark.thorough
def test_a_byte_that_is_not_utf8_is_kept_on_the_host_and_every_record_is_utf8(
    fresh_host: str, home: Path
) -> None:
    stanza = "s/^ *gateway/    # f$(printf '\\374')r alle\\n&/"
    bench.on_host("sh", "-c", f'sed -i "{stanza}" /etc/network/interfaces')
    comment = "-m comment --comment \"f$(printf '\\374')r\""
    bench.on_host("sh", "-c", f"iptables -A INPUT -i enp4s0f0 {comment} -j ACCEPT")
    done = papermill(home, "-p", "host", fresh_host)
    assert done.status == 0, done.said
    assert done.outcome["outcome"] == "as promised"
    rules = bench.on_host("sh", "-c", "iptables -S INPUT | cat -v")
    assert '-A INPUT -i virbr1 -m comment --comment "fM-|r" -j ACCEPT' in rules
    assert "# fM-|r alle" in bench.on_host("cat", "-v", "/etc/network/interfaces")
    (folder,) = (home / "outputs" / fresh_host).iterdir()
    products = [path for path in folder.iterdir() if path.is_file()]
    # The script gives iptables the byte itself, and the host's journal is kept as the host has it.
    others = {path.name for path in products if not is_utf8(path.read_bytes())}
    assert others == {"undo", "journal-of-the-host"}
    assert "f\\xfcr" in done.page


def is_utf8(content: bytes) -> bool:
    return content.decode(errors="ignore").encode() == content


def test_the_address_moves_once_and_then_there_is_nothing_to_do(
    fresh_host: str, home: Path
) -> None:
    done = papermill(home, "-p", "host", fresh_host)
    assert done.status == 0, done.said
    assert done.outcome["outcome"] == "as promised"
    routes = bench.on_host("ip", "route").splitlines()
    assert [line.split(" proto")[0].strip() for line in routes] == [
        "default via 172.16.0.1 dev virbr1",
        "172.16.0.0/16 dev virbr1",
    ]
    mac = bench.on_host("cat", "/sys/class/net/virbr1/address").strip()
    assert mac in bench.lab("router", "--", "ip", "neigh", "show", "172.16.1.1")

    changed = bench.snapshot()
    again = papermill(home, "-p", "host", fresh_host, name="again.ipynb")
    assert again.status == 0, again.said
    assert again.outcome["outcome"] == "nothing to do"
    assert "Nothing to do" in again.page
    assert str(compare(changed, bench.snapshot())) == ""

    filed = subprocess.run(
        [str(bench.BIN / "runbook"), "archive", str(done.out)],
        env=bench.environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert filed.returncode == 0, filed.stderr
    folder = run_folder(done)
    assert folder.parent == home / "outputs" / HOST
    assert filed.stdout.split() == [f"{folder}/notebook.ipynb", f"{folder}/notebook.html"]


@pytest.fixture
def closing(home: Path) -> Iterator[Path]:
    """A file that, once it is there, ends what listens at 10.99.0.2:7007."""
    told = home / "closing"
    command = [str(bench.BIN / "runbook"), "lab", "operator", "--", "python3", "-c", LISTENER]
    listener = subprocess.Popen([*command, str(told)], stdout=subprocess.PIPE, text=True)
    try:
        assert listener.stdout
        assert listener.stdout.readline().strip() == "listens"
        yield told
    finally:
        # It heeds the file wherever it runs; killing the verb would not reach it.
        told.touch()
        listener.wait(10)


def test_a_probe_target_that_dies_during_the_change_ends_as_before(
    fresh_host: str, home: Path, closing: Path
) -> None:
    before = bench.snapshot()
    run = subprocess.Popen(
        bench.command(
            home.parent / "out.ipynb",
            ("-p", "host", fresh_host, "-p", "probes", "172.16.0.1,10.99.0.2:7007"),
        ),
        env=bench.environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_until_armed(home)
        closing.touch()
        said, _ = run.communicate(timeout=240)
    finally:
        run.kill()
        run.wait(10)
    done = bench.Done(run.returncode, said, home.parent / "out.ipynb")
    assert done.status != 0, said
    assert done.outcome["outcome"] == "as before (rolled back)"
    assert done.outcome["exit"] == 1
    assert "probe 10.99.0.2:7007" in done.page
    assert "the change was undone, because" in said.lower()
    assert str(compare(before, bench.snapshot())) == ""
    folder = record.read(run_folder(done))
    assert {"verdict.json", "error.txt", "after.json", "undo"} <= set(folder.products)


def wait_until_armed(home: Path) -> None:
    end_at = time.monotonic() + 120
    while not list(home.glob("outputs/*/*/undo")):
        assert time.monotonic() < end_at, "the change was never armed"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-p", "gatway", "172.16.0.2"), "gatway"),
        thorough(("-p", "_gateway", "172.16.0.2"), "_gateway"),
        (("-p", "nb", "172.16.0.2"), "the notebook needs this name for itself"),
        thorough(("-p", "In", "172.16.0.2"), "the notebook needs this name for itself"),
        thorough(("-p", "address", "9.10"), "address"),
        thorough(("-p", "gateway", "172.16.0.0"), "no host can hold"),
        (("-y", "{bridge_mac: 52:54:00:12:34:56}"), "bridge_mac"),
    ],
)
def test_a_wrong_parameter_fails_before_any_contact(
    home: Path, options: tuple[str, ...], said: str
) -> None:
    done = papermill(home, "-p", "host", HOST, *options)
    assert done.status != 0
    assert "parameter '" in done.said.lower()
    assert said in done.said
    assert done.outcome == {}
    assert not (home / "outputs").exists()


def test_an_interface_that_the_host_lacks_is_refused_and_recorded(
    fresh_host: str, home: Path
) -> None:
    done = papermill(home, "-p", "host", fresh_host, "-p", "interface", "enp9s9")
    assert done.status != 0
    assert "has no interface of that name" in done.said
    assert done.outcome["outcome"] == "refused"


@pytest.mark.parametrize("relative", [False, True])
def test_a_secret_given_by_mistake_is_not_kept(
    home: Path,
    relative: bool,  # noqa: FBT001
) -> None:
    folder = home.parent / "elsewhere"
    folder.mkdir()
    out = Path("out.ipynb") if relative else folder / "out.ipynb"
    done = subprocess.run(
        bench.command(out, ("-p", "host", HOST, "-p", "password", "hunter2")),
        cwd=folder,
        env=bench.environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "password" in done.stderr
    assert "hunter2" not in (folder / "out.ipynb").read_text()


def test_a_host_that_does_not_answer_is_said_so(home: Path, tmp_path: Path) -> None:
    config = tmp_path / "ssh_config"
    config.write_text("Host silent\n    HostName 127.0.0.1\n    Port 1\n")
    wanted = ("-p", "destination", "silent", "-p", "ssh_config", str(config))
    done = papermill(home, "-p", "host", HOST, *wanted)
    assert done.status != 0
    assert "no connection over ssh silent" in done.said.lower()
    assert "Connection refused" in done.said
    assert "no command reached it" in done.said
    assert "do next" in done.said
