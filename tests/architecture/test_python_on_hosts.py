"""What runs on a host runs on the Python 3.7 of Debian 10: no call and no word is newer.

`vermin` knows since when the grammar and the standard library have each name. It cannot see a
method of a value whose type it does not know, so the new ones are looked for by name.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from runbook.apply.checkpoint import countdown
from runbook.state.host import probes
from runbook.transport import bootstrap

UNDO = files("runbook.apply.checkpoint").joinpath("undo_head.sh").read_text()
RELAY = Path(str(files("runbook.transport.relay")))
TEXTS = {
    **{path.name: path.read_text() for path in sorted(RELAY.glob("*.py"))},
    "bootstrap": bootstrap.ARGV[-1],
    "bootstrap's loader": bootstrap.source().split(b"\n", 1)[1].decode(),
    "the undo's announcement": UNDO.partition("<<'PYTHON'")[2]
    .split("\n", 1)[1]
    .split("\nPYTHON")[0],
    "the host's clock": countdown.NOW[-1],
    "the probe of a port": probes.CONNECT,
}
# Methods of 3.8 and later.
NEWER = {
    *("removeprefix", "removesuffix", "is_relative_to", "hardlink_to", "as_integer_ratio"),
    *("bit_count", "with_stem", "isocalendar"),
}


def newer(text: str, place: Path) -> str:
    """What of a text is newer than 3.7; '' if nothing is."""
    file = place / "text.py"
    file.write_text(text)
    vermin = (str(Path(sys.executable).with_name("vermin")), "--quiet", "--violations", "-t=3.7-")
    done = subprocess.run([*vermin, str(file)], capture_output=True, text=True, check=False)
    assert not done.stderr, done.stderr
    nodes = ast.walk(ast.parse(text, feature_version=(3, 7)))
    methods = {n.attr for n in nodes if isinstance(n, ast.Attribute) and n.attr in NEWER}
    return done.stdout.strip() + " ".join(sorted(methods))


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_that_runs_on_a_host_is_newer_than_python_3_7(name: str, tmp_path: Path) -> None:
    assert TEXTS[name].strip()
    assert newer(TEXTS[name], tmp_path) == ""


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("import os\nos.pidfd_open(1)\n", "os.pidfd_open"),
        ("import shlex\nshlex.join(())\n", "shlex.join"),
        ("zip((), (), strict=True)\n", "zip(strict)"),
        ("def f(x):\n    return x.removeprefix('a')\n", "removeprefix"),
    ],
)
def test_a_newer_word_is_found(text: str, word: str, tmp_path: Path) -> None:
    assert word in newer(text, tmp_path)


def test_every_python_in_a_script_of_a_host_is_among_them() -> None:
    sources = Path(__file__).parents[2] / "src/runbook"
    scripts = [p for p in sources.rglob("*.sh") if "lab" not in p.relative_to(sources).parts]
    assert [p.name for p in scripts if re.search(r"<<'?PYTHON", p.read_text())] == ["undo_head.sh"]
    assert UNDO.count("<<'PYTHON'") == 1
