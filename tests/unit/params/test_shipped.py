"""The files in params/ and docs/reference/parameters.md, held to what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runbook.params import NAMES, Params, for_host
from runbook.params.fields import CONSENTS

ROOT = Path(__file__).parents[3]
HOSTS = sorted(path.stem for path in (ROOT / "params").glob("*.yaml"))
ROW = re.compile(r"^\| `(\w+)` \| (.*?) \| (.*?) \|", re.MULTILINE)
CONSENT = re.compile(r"^\| `([\w-]+)` \| .{40}", re.MULTILINE)


@pytest.mark.parametrize("host", HOSTS)
def test_every_shipped_file_resolves(host: str) -> None:
    assert for_host(ROOT / "params", {"host": host}).host == host


def test_the_lab_hosts_hold_their_own_addresses() -> None:
    for number in (1, 2, 3):
        params = for_host(ROOT / "params", {"host": f"server-0{number}"})
        assert params.address == f"172.16.1.{number}/16"


def test_the_example_is_a_rehearsal() -> None:
    params = for_host(ROOT / "params", {"host": "example"})
    assert (params.connect, params.mode) == ("recorded", "plan")


def test_every_parameter_is_documented_with_its_default() -> None:
    rows = {name: default for name, default, _ in ROW.findall(_documentation())}
    assert tuple(rows) == NAMES
    for name, field in Params.model_fields.items():
        if name not in NAMES or field.default_factory is not None:
            continue
        assert rows[name] == _shown(field.default, required=field.is_required()), name


def test_every_consent_is_documented() -> None:
    _, _, consents = _documentation().partition("\n## Consents\n")
    assert tuple(CONSENT.findall(consents.partition("\n## ")[0])) == CONSENTS


def _documentation() -> str:
    return (ROOT / "docs" / "reference" / "parameters.md").read_text(encoding="utf-8")


def _shown(default: object, *, required: bool) -> str:
    if required:
        return "required"
    if isinstance(default, bool):
        return "`true`" if default else "`false`"
    if default is None or default == ():
        return "none"
    return f"`{default}`"
