"""A whole host as a few files, and what preflight says of it beyond what it says of a plain one.

`==== given`, a line each: interface, address and gateway that somebody else than ifupdown gave.
`==== enabled`: units that are enabled besides. `==== rows TABLE`: further rows of a table of the
snapshot, one JSON object a line, with what ifupdown does not bring about.
`==== LINK -> FILE`: a symbolic link.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.unit import fakes, naming
from tests.unit.booted import booted
from tests.unit.hosts import snapshot

from runbook.common.errors import Refused
from runbook.params import resolve
from runbook.plan.routed.procedure import make_plan
from runbook.preflight.finding import Case, Finding
from runbook.preflight.judge import RULES
from runbook.preflight.survey.candidates import candidates
from runbook.preflight.survey.judge import judge
from runbook.preflight.survey.offer import offer
from runbook.state.host import naming_files, own_scripts
from runbook.state.snapshot import TABLES, Snapshot

ROWS = "rows "


def host(held: dict[str, str]) -> tuple[Snapshot, dict[str, str]]:
    """The host, and its files alone."""
    on = fakes.units(**dict.fromkeys(held.get("enabled", "").split(), "enabled"))
    given = [line.split() for line in held.get("given", "").splitlines()]
    texts = {path: text for path, text in held.items() if path.startswith("/")}
    links = [path.split(naming.LEADS_TO) for path in texts if naming.LEADS_TO in path]
    read = {path: text for path, text in texts.items() if naming.LEADS_TO not in path}
    made = booted(
        {**read, **{link: read[file] for link, file in links if file in read}}, given, units=on
    )
    rows = {
        name.removeprefix(ROWS): [json.loads(line) for line in text.splitlines()]
        for name, text in held.items()
        if name.startswith(ROWS)
    }
    further = snapshot(**rows)
    for table in TABLES:
        if table.name in rows:
            made = made.having(table.row, (*made.rows(table.row), *further.rows(table.row)))
    return made, texts


def findings(held: dict[str, str]) -> list[str]:
    """Each finding with what to do; or the refusal of survey, or of the plan."""
    made, texts = host(held)
    try:
        said = _of(made, texts)
    except Refused as refused:
        return [f"refused: {refused.what}", f"  {refused.then}"]
    usual = {f.seen for f in _of(*host({"/etc/network/interfaces": fakes.INTERFACES}))}
    shown = []
    for finding in said:
        if finding.level != "ok" and finding.seen not in usual:
            shown.append(f"{finding.level}: {finding.about}: {finding.seen}")
            shown += [f"  {finding.then}"] if finding.then else []
    return shown or ["nothing but what it says of a plain host"]


def _of(made: Snapshot, texts: dict[str, str]) -> list[Finding]:
    nic, *_ = candidates(made, {})
    proposed = {name: value for name, (value, _) in offer(made, nic, {}, {}).items()}
    for error in judge("server-01", proposed, made, None):
        raise Refused(str(error.problem or error), host=made.host, then=error.then)
    asked = resolve({}, {"host": "server-01"}, proposed)
    with TemporaryDirectory() as place:
        host = naming.host_of(texts, Path(place))
        searched = naming_files.read(host, fakes.NIC, fakes.BRIDGE)
        around = replace(fakes.GOOD, naming=searched, own_scripts=own_scripts.read(host))
    case = Case(asked, make_plan(asked, made), made, around)
    return [finding for rule in RULES for finding in rule(case)]
