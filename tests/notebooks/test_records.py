"""The record of a real change, checked as a stranger would: by programs that are not ours."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests import bench
from tests.bench import papermill
from tests.run_folder import run_folder
from tests.stranger import missing, rows


def own(folder: Path, *command: str, stdin: str = "") -> str:
    """A program of this machine in the run folder; it has to end well."""
    done = subprocess.run(
        command, cwd=folder, input=stdin, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_sha256sum_and_ssh_keygen_alone_prove_a_confirmed_change(
    fresh_host: str, home: Path
) -> None:
    key = home.parent / "id"
    own(home, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
    allowed = home.parent / "allowed_signers"
    allowed.write_text(f"anna@example.org {key.with_suffix('.pub').read_text()}")
    signing = ("env", f"RUNBOOK_SIGN_WITH={key}")
    why = ["-p", "ticket", "CHG-4711", "-p", "reason", "guests need the LAN"]
    why += ["-p", "requested_by", "Berta"]
    done = papermill(home, "-p", "host", fresh_host, *why, place=signing)
    assert done.status == 0, done.said
    folder = run_folder(done)

    verify = ["-Y", "verify", "-f", str(allowed), "-I", "anna@example.org", "-n", "runbook-record"]
    manifest = (folder / "record.json").read_text()
    own(folder, "ssh-keygen", *verify, "-s", "record.json.sig", stdin=manifest)

    told = json.loads(manifest)
    digests = {one["name"]: one["digest"]["sha256"] for one in told["subject"]}
    here = {name: digest for name, digest in digests.items() if not name.startswith("host:")}
    # Of a confirmed change the record has the host's own journal, too.
    files = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    later = {"record.json", "record.json.sig"}
    later |= {name for name in files if name.startswith(("later-", "notebook."))}
    assert set(here) == files - later
    assert set(here) >= bench.PRODUCTS - {"record.json"}
    lines = "".join(f"{digest}  {name}\n" for name, digest in here.items())
    own(folder, "sha256sum", "--check", "--strict", "--quiet", stdin=lines)
    assert own(folder, "sha256sum", "plan.json").split()[0] == told["predicate"]["plan_sha256"]

    # The host tells the same: its journal, its undo, and the digest of this record.
    there = {name.removeprefix("host:"): digests[name] for name in digests if name not in here}
    assert sorted(path.rpartition("/")[2] for path in there) == ["journal", "undo"]
    for path, digest in there.items():
        assert bench.on_host("sha256sum", path).split()[0] == digest
    witness = bench.on_host("cat", f"/var/lib/runbook/{folder.name}/record.sha256")
    own(folder.parent, "sha256sum", "--check", "--strict", "--quiet", stdin=witness)

    predicate = told["predicate"]
    assert (predicate["kind"], predicate["verdict"]["fact"]) == ("change", "confirmed")
    assert predicate["absence"]["asked"] > 0
    assert predicate["machine_id"] == bench.on_host("cat", "/etc/machine-id").strip()
    # What docs/records.md promises to a stranger is there.
    cells = [*rows("# What a record answers").values()]
    cells += rows("## What frameworks ask for").values()
    assert [gap for cell in cells for gap in missing(folder, cell)] == []
    assert (folder / "notebook.ipynb").stat().st_size < 400_000
    top = "".join(json.loads((folder / "notebook.ipynb").read_text())["cells"][0]["source"])
    assert top.startswith("## ✓ As promised")
    assert f"/var/lib/runbook/{folder.name}/undo" in top
    assert "| **ticket** | CHG-4711 |" in top

    # What is on the host now is not in the way of the next run.
    again = papermill(home, "-p", "host", fresh_host, name="again.ipynb")
    assert again.outcome["outcome"] == "nothing to do", again.said
    second = json.loads((run_folder(again) / "record.json").read_text())
    assert second["predicate"]["previous"]["change_id"] == folder.name
