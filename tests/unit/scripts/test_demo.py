"""The demo ends well only if the host and the router say what the procedure promises."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MAC = "52:54:00:12:34:56"
GOOD = {
    "ROUTES": "default via 172.16.0.1 dev virbr1 \n"
    "172.16.0.0/16 dev virbr1 proto kernel scope link src 172.16.1.1 ",
    "NEIGHBOUR": f"172.16.1.1 lladdr {MAC} REACHABLE",
    "MAC": MAC,
    "RUN": "0",
}
# Each answers as the variables say, for whatever it is asked.
RUNBOOK = """\
#!/bin/sh
case "$*" in
*"ip route") echo "$ROUTES" ;;
*"dev lan") echo "$NEIGHBOUR" ;;
*"cat /sys/class/net/virbr1/address") echo "$MAC" ;;
"lab status") exit 1 ;;
archive*) echo "the record" ;;
esac
"""
STUBS = {
    ".venv/bin/runbook": RUNBOOK,
    ".venv/bin/papermill": '#!/bin/sh\ntouch "$3"; exit "$RUN"\n',
    "bin/ssh": "#!/bin/sh\necho 'proxycommand nc -U /run/runbook-lab/ssh/%h'\n",
    "bin/sudo": '#!/bin/sh\nexec "$@"\n',
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "demo", tmp_path / "scripts")
    for name, text in STUBS.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    return tmp_path


def demo(tree: Path, **answers: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "scripts/demo"],
        cwd=tree,
        env={"PATH": f"{tree}/bin:{os.environ['PATH']}", **GOOD, **answers},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"ROUTES": GOOD["ROUTES"].replace("virbr1", "enp4s0f0")}, "not the two routes"),
        ({"ROUTES": GOOD["ROUTES"] + "\n10.0.0.0/8 dev virbr1"}, "not the two routes"),
        ({"ROUTES": ""}, "not the two routes"),
        ({"NEIGHBOUR": "172.16.1.1 lladdr 02:16:01:00:00:01 STALE"}, "not have the MAC"),
        ({"NEIGHBOUR": "172.16.1.1 FAILED"}, "not have the MAC"),
        ({"RUN": "1"}, "did not end as promised"),
    ],
)
def test_what_is_not_as_the_procedure_says_fails_the_demo(
    tree: Path, answers: dict[str, str], said: str
) -> None:
    done = demo(tree, **answers)
    assert done.returncode == 1
    assert said in done.stdout
    assert "lab down" in done.stdout
    assert "the record" not in done.stdout


def test_a_bridge_without_a_mac_fails_the_demo(tree: Path) -> None:
    assert demo(tree, MAC="").returncode != 0


def test_a_change_as_promised_is_shown_with_its_record(tree: Path) -> None:
    done = demo(tree)
    assert done.returncode == 0, done.stdout + done.stderr
    for shown in ("172.16.0.0/16 dev virbr1", MAC, "the record", "lab down"):
        assert shown in done.stdout
