"""What docs/explanation/security.md says is checked, kept and named: it is so in the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from runbook.common import atomic_files
from runbook.params.access import Access
from runbook.transport import bootstrap, prefixes

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/explanation/security.md"
TEXT = PAGE.read_text(encoding="utf-8")
PLAIN = " ".join(TEXT.split())
# What the page says stands in a file, by a sign of it there.
SIGNS = {
    "transport/prefixes.py": ("StrictHostKeyChecking=yes", "ControlMaster=no", "ControlPath=none"),
    "preflight/identity.py": ("machine_id",),
    "run/standing.py": ("machine_id",),
    "transport/libvirt_machine.py": ("token_hex", "RUNBOOK_LIBVIRT"),
    "common/handed_files.py": ("S_ISREG", "LARGEST = 256 << 20"),
    "apply/checkpoint/armed_change.py": ("plan.digest != its_manifest.plan",),
    "run/pipeline.py": ("digest() != cleared.plan.snapshot_digest",),
    "apply/steps/perform.py": ("sha256(file.content).hexdigest() != step.sha256",),
    "apply/checkpoint/undo_head.sh": (
        "/etc/machine-id",
        "env -i",
        "PATH=/",
        "cd /",
        "python3 -I",
        "trap '' HUP PIPE",
    ),
    "records/confirmed.py": (
        *("verify(path", "digest != known.sha256", "ended.change_id != found.confirmed.name"),
    ),
    "run/change_on_host.py": ("kept.manifest.plan != change.plan.digest", "digest != row.sha256"),
    "notebook/shared/approval_signature.py": (
        *("check_approval(content", "found.by !=", "approval.differs(plan, request, now)"),
    ),
    "fleet/workers.py": ("_GUARDED.fullmatch(scheduler)", r"tls://\S+|tcp://(?:127"),
    "transport/relay/gate.py": ("flock",),
    "common/printable.py": ("isprintable",),
    "views/page/document.py": ("Content-Security-Policy", "default-src 'none'"),
}


def test_each_file_that_checks_something_has_what_checks_it() -> None:
    table = TEXT.partition("## What is checked, and where")[2].partition("\n## ")[0]
    assert set(re.findall(r"`([\w/]+\.(?:py|sh))`", table)) == set(SIGNS)
    for name, signs in SIGNS.items():
        source = (ROOT / "src/runbook" / name).read_text(encoding="utf-8")
        for sign in signs:
            assert sign in source, (name, sign)


def test_each_option_of_ssh_that_it_names_is_on_the_command_line() -> None:
    argv = prefixes.ssh("host").argv
    named = re.findall(r"`(\w+=\w+)`", TEXT)
    assert named
    assert set(named) <= set(argv)


def test_each_way_to_a_host_says_who_is_root() -> None:
    ways = set(get_args(Access.model_fields["connect"].annotation))
    table = TEXT.partition("## Root on the host")[2].partition("\n## ")[0].partition("| --- |")[2]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`([\w+]+)`", " ".join(rows))) == ways - {"recorded"}


def test_sudo_is_asked_for_the_python_that_the_page_names() -> None:
    command = prefixes.ssh_sudo("host").command(bootstrap.ARGV)[-1]
    said = re.search(r"starts `([^`]+)`", PLAIN)
    assert said
    assert said[1] in command


def test_only_root_enters_the_folder_of_a_change_and_only_its_owner_a_run_folder() -> None:
    assert "Only root can read them" in PLAIN
    arming = (ROOT / "src/runbook/apply/checkpoint/arm.py").read_text(encoding="utf-8")
    assert "PRIVATE, SECRET, PROGRAM, PUBLIC = 0o700, 0o600, 0o700, " in arming
    assert "mode 0700" in PLAIN
    assert "mode 0600" in PLAIN
    assert (atomic_files.PRIVATE_FOLDER, atomic_files.PRIVATE_FILE) == (0o700, 0o600)


def test_readme_index_and_security_md_lead_to_it() -> None:
    for name in ("README.md", "SECURITY.md", "docs/index.md"):
        assert "explanation/security.md" in (ROOT / name).read_text(encoding="utf-8"), name
