"""What an operator asks of a fleet run, and the plan that comes of it. No host is asked."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runbook.common import handed_files
from runbook.common.errors import CorrectParameters
from runbook.common.redact import redact
from runbook.fleet import window
from runbook.fleet.hosts import FleetHost, by_patterns
from runbook.fleet.inventory import from_inventory
from runbook.fleet.ledger import FleetPlan
from runbook.fleet.order import batch_size, batches
from runbook.fleet.trust import MOST_AT_ONCE, is_option
from runbook.params import listing


@dataclass(frozen=True, slots=True)
class FleetWish:
    """What the operator asked for; `inventory` is its text."""

    notebook: Path
    patterns: tuple[str, ...] = ()
    inventory: str = ""
    options: tuple[tuple[str, str], ...] = ()
    canary: int = 1
    batch: str = "4"
    max_failures: int = 0
    apart: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    despite_refusals: bool = False
    plan_only: bool = False
    pause_s: float = 0.0
    window: str = ""


def plan_of(wish: FleetWish, folder: Path) -> FleetPlan:
    """The batches and what each run is given; raises CorrectParameters."""
    hosts = hosts_of(wish, folder)
    options = _options(wish)
    # A host that this program runs on is changed after all others.
    described = listing(folder)
    local = (each.host for each in described if each.known and each.known.connect == "local")
    size = min(batch_size(wish.batch, len(hosts)), MOST_AT_ONCE)
    last = (*wish.last, *local)
    made = batches(hosts, canary=wish.canary, size=size, apart=wish.apart, last=last)
    names = _parameters(wish.notebook)
    given = {host.name: host.given for host in hosts if host.given}
    _refuse_what_it_lacks(wish.notebook, names, [*dict(wish.options), *_names(hosts)])
    return FleetPlan(
        notebook=str(wish.notebook.resolve()),
        sha256=digest(wish.notebook),
        options=options,
        batches=made,
        max_failures=wish.max_failures,
        plans_first="mode" in names,
        given=given,
        pause_s=wish.pause_s,
        window=window.checked(wish.window),
        keeps_window="window" in names,
    )


def hosts_of(wish: FleetWish, folder: Path) -> tuple[FleetHost, ...]:
    """The hosts that are meant. With both, those of the inventory that the patterns name."""
    if not wish.inventory:
        return by_patterns(wish.patterns, listing(folder))
    hosts = from_inventory(wish.inventory)
    if not wish.patterns:
        return hosts
    meant = {host.name for host in by_patterns(wish.patterns, listing(folder))}
    return tuple(host for host in hosts if host.name in meant)


def digest(notebook: Path) -> str:
    """The digest of the notebook's file."""
    return hashlib.sha256(notebook.read_bytes()).hexdigest()


def refuse_another_notebook(plan: FleetPlan) -> None:
    """Raise CorrectParameters if the notebook is not the one that the run began with."""
    try:
        found = digest(Path(plan.notebook))
    except OSError as error:
        found = str(error)
    if found != plan.sha256:
        raise CorrectParameters(
            f"{plan.notebook} is not the notebook that this run began with",
            state="no host was asked anything",
            then="begin a new run: hosts that are as promised already are skipped in it",
        )


def _options(wish: FleetWish) -> tuple[str, ...]:
    for name, _ in wish.options:
        if not is_option(name):
            raise CorrectParameters(
                f"-p {name} cannot be given to all hosts",
                state="no host was asked anything",
                then="give names of the notebook's parameters; each run has a host of its own",
            )
    if redact(dict(wish.options)) != dict(wish.options):
        raise CorrectParameters(
            "a value after -p looks like a secret, and the fleet run's folder would keep it",
            state="no host was asked anything",
            then="leave it out: a guest's password comes from the environment or the keyring",
        )
    return tuple(word for name, value in wish.options for word in ("-p", name, value))


def _names(hosts: Sequence[FleetHost]) -> list[str]:
    return [name for host in hosts for name in host.given]


def _refuse_what_it_lacks(notebook: Path, names: Collection[str], given: Sequence[str]) -> None:
    """By itself papermill only warns, and each host would be refused by its own run."""
    lacking = sorted(set(given) - set(names))
    if names and lacking:
        raise CorrectParameters(
            f"{notebook.name} has no parameter {', '.join(lacking)}",
            state="no host was asked anything",
            then="correct the name; the first code cell of the notebook lists its parameters",
        )


def _parameters(notebook: Path) -> Collection[str]:
    """The names that its parameters cell gives a value; none where it has no such cell.

    Not by papermill's own code: to import it would tell the notebook's kernel that it is papermill.
    """
    try:
        cells = handed_files.json_object(handed_files.text(notebook))["cells"]
        sources = ["".join(cell["source"]) for cell in cells if _is_tagged(cell)]
        statements = [one for source in sources for one in ast.parse(source).body]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SyntaxError) as error:
        raise CorrectParameters(
            f"{notebook} is no notebook: {str(error).partition(chr(10))[0]}",
            state="no host was asked anything",
            then="name an .ipynb file, such as routed.ipynb",
        ) from error
    targets = [getattr(one, "targets", [getattr(one, "target", None)]) for one in statements]
    return {one.id for each in targets for one in each if isinstance(one, ast.Name)}


def _is_tagged(cell: Mapping[str, Any]) -> bool:
    return "parameters" in cell.get("metadata", {}).get("tags", ())
