"""How long `runbook records` takes with many records; they are made up, and sealed as a run does.

.venv/bin/python benchmarks/records.py 10000
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from runbook.records.begin import About, begin
from runbook.records.predicate import Envelope
from runbook.records.seal import seal
from runbook.run import record
from runbook.run.record import Ending, Outcome

HOSTS, FIRST = 60, datetime(2024, 1, 1, tzinfo=UTC)
RUNBOOK = Path(sys.executable).parent / "runbook"
COMMANDS = (
    ("list", "--json"),
    ("list", "--host", "server-07"),
    ("search", "CHG-777"),
    ("search", "172.16.9.9"),
    ("verify",),
)


def sealed(outputs: Path) -> Path:
    """One record, made and sealed by the package itself."""
    change = f"{FIRST:%Y%m%dT%H%M%SZ}-000000"
    folder = record.create(outputs, "server-01", change)
    envelope = Envelope(ticket="CHG-0", reason="the guests need the LAN")
    begin(folder, About("change", "server-01", "server-01", change), FIRST, envelope)
    steps = [{"step": n, "what": f"step {n} of the plan", "to": "x" * 60} for n in range(1, 29)]
    folder.once_json("plan.json", {"address": "ADDRESS", "steps": steps})
    folder.note(FIRST, "Planning: begins")
    named = (Ending.AS_PROMISED, "server-01", change, "root@desk", FIRST)
    folder.end(Outcome(*named, "ADDRESS is on virbr1, confirmed"))
    seal(folder, FIRST + timedelta(minutes=3))
    return folder.path


def many(outputs: Path, pattern: Path, count: int) -> None:
    """Copies of that record, each of another run, with digests and a chain that are right."""
    texts = {path.name: path.read_text() for path in pattern.iterdir()}
    manifest = json.loads(texts.pop("record.json"))
    last: dict[str, dict[str, str]] = {}
    for number in range(1, count):
        at = FIRST + timedelta(minutes=37 * number)
        host = f"server-{number % HOSTS + 1:02}"
        change = f"{at:%Y%m%dT%H%M%SZ}-{number:06x}"
        folder = outputs / host / change
        folder.mkdir(parents=True)
        digests = {}
        for name, text in texts.items():
            own = text.replace("ADDRESS", f"172.16.{number // 250}.{number % 250}")
            own = own.replace("CHG-0", f"CHG-{number}").replace(pattern.name, change)
            (folder / name).write_text(own)
            digests[name] = hashlib.sha256(own.encode()).hexdigest()
        for subject in manifest["subject"]:
            subject["digest"]["sha256"] = digests[subject["name"]]
        about = {"host": host, "change_id": change, "ticket": f"CHG-{number}"}
        moments = {"begun": at.isoformat(), "ended": (at + timedelta(minutes=3)).isoformat()}
        manifest["predicate"] |= {**about, **moments, "previous": last.get(host)}
        text = json.dumps(manifest)
        (folder / "record.json").write_text(text)
        last[host] = {"change_id": change, "sha256": hashlib.sha256(text.encode()).hexdigest()}


def timed(home: Path, *words: str) -> None:
    """A command's time from start to end, as a person waits for it, and its processor time.

    On a busy machine only the processor time can be compared.
    """
    began, before = time.monotonic(), _processor_s()
    environ = {**os.environ, "RUNBOOK_HOME": str(home)}
    command = [str(RUNBOOK), "records", *words]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    took, worked = time.monotonic() - began, _processor_s() - before
    print(
        f"{took:7.2f} s, {worked:6.3f} s of processor time  status {done.returncode}"
        f"  {len(done.stdout):9} characters  {words}"
    )


def _processor_s() -> float:
    """Of all commands so far, in user and in kernel mode."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(count: int) -> None:
    """Make the records, then time each command; the first makes the index."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "params").mkdir()
        outputs = home / "outputs"
        many(outputs, sealed(outputs), count)
        timed(home, "list")
        for words in COMMANDS:
            timed(home, *words)


if __name__ == "__main__":
    main(int(sys.argv[1]))
