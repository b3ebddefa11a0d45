"""`runbook records ...`: find, read, compare, verify and export the records of what was done."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runbook.common.clock import SystemClock
from runbook.common.errors import CorrectParameters
from runbook.common.folders import outputs_folder, params_folder
from runbook.common.printable import printable
from runbook.records.entry import Entry
from runbook.records.index import Wanted, opened
from runbook.records.listing import lines

if TYPE_CHECKING:
    from runbook.records.audit_trail import TrailFinding

# Pages are made by packages that come later than this one: the command's context brings it.
Printer = Callable[[Path], bytes]
AS_JSON = click.option("--json", "as_json", is_flag=True, help="For programs.")
MANY = click.IntRange(0, 1_000_000)
CHANGE = click.argument("change")
NOT_PROVED, ALTERED = 3, 4
_FILTERS = (
    ("host", "The host's name."),
    ("kind", "change, plan, guest, undo, survey, audit or revert."),
    ("verdict", "One word, such as confirmed, refused or unknown."),
    ("person", "Part of the name of who ran it."),
    ("ticket", "The number of the change request."),
    ("since", "The first day, as 2026-03-01 (UTC)."),
    ("until", "The last day."),
)


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    for name, text in reversed(_FILTERS):
        command = click.option(f"--{name}", default="", help=text)(command)
    return command


@click.group()
def records() -> None:
    """Find, read, compare, verify and export the records of what was done.

    A record is a folder outputs/HOST/CHANGE. CHANGE may be cut short as long as
    it names one record.
    """


@records.command("list")
@_filters
@click.option(
    "--most", type=MANY, default=50, show_default=True, help="How many at most; 0 is all."
)
@AS_JSON
def list_(*, most: int, as_json: bool, **expected: str) -> None:
    """List records: those that need a person first (marked !), then the newest."""
    _list(Wanted(**expected, most=most), as_json=as_json)


@records.command()
@click.argument("words", nargs=-1, required=True)
@_filters
@click.option(
    "--most", type=MANY, default=50, show_default=True, help="How many at most; 0 is all."
)
@AS_JSON
def search(words: tuple[str, ...], *, most: int, as_json: bool, **expected: str) -> None:
    """List the records whose text has all WORDS: an address, a file, a MAC, a reason.

    States, pictures and notebooks are not searched.
    """
    text = " ".join(" ".join(words).split())
    if not text:
        raise click.UsageError("give a word to search for")
    _list(Wanted(**expected, text=text, most=most), as_json=as_json)


@records.command()
@CHANGE
@AS_JSON
def show(change: str, *, as_json: bool) -> None:
    """Show one record: what it says, what belongs to it, whether it is as it was sealed."""
    from runbook.records import show

    outputs = outputs_folder()
    entry = _one(outputs, change)
    told = show.of(outputs, entry, _belonging(outputs, entry), _allowed())
    if as_json:
        click.echo(json.dumps(told))
    else:
        width = max(map(len, told))
        for name, value in told.items():
            lines = value if isinstance(value, list) else value.splitlines()
            for number, line in enumerate(lines or ["none"]):
                _say(f"{'' if number else name:{width}}  {line}", err=False)


@records.command()
@click.argument("first")
@click.argument("second")
@AS_JSON
def diff(first: str, second: str, *, as_json: bool) -> None:
    """Compare two records: what they say, the last state that they have, the plan.

    The exit status is 0 if nothing differs, 3 otherwise.
    """
    from runbook.records.compare import differences

    outputs = outputs_folder()
    pair = [_one(outputs, change) for change in (first, second)]
    rows = list(differences(outputs, *pair))
    if as_json:
        click.echo(json.dumps([row._asdict() for row in rows]))
    else:
        for row in rows:
            _say(f"{row.part}: {row.what}", err=False)
            for sign, text in (("-", row.first), ("+", row.second)):
                for line in text.splitlines():
                    click.echo(f"  {sign} {printable(line)}")
        click.echo(_counted(len(rows), "difference"))
    sys.exit(NOT_PROVED if rows else 0)


@records.command()
@click.argument("changes", nargs=-1, metavar="[CHANGE]...")
@click.option("--host", default="", help="The host's name.")
@click.option("--hosts", is_flag=True, help="Ask the hosts what they know, too; writes nothing.")
@click.option("--signed", is_flag=True, help="Each record has to be signed.")
@AS_JSON
def verify(
    changes: tuple[str, ...], *, host: str, hosts: bool, signed: bool, as_json: bool
) -> None:
    """Verify that nobody has altered, removed or re-dated records since they were sealed.

    All of them, or those of one host, or the CHANGEs. --hosts finds the removal
    of a host's newest record, and a change that has no record here.

    The exit status is 0 if all is proved, 3 if something is not proved (a run
    that died, a host that does not answer), 4 if something was altered.
    """
    from runbook.records import verification

    outputs = outputs_folder()
    chosen = [_one(outputs, change) for change in changes]
    places = {entry.place for entry in chosen}
    asked = verification.Asked(host, frozenset(places), hosts=hosts, signed=signed)
    count, found = verification.run(outputs, params_folder(), asked, SystemClock())
    gone = verification.handed(outputs, host)
    if as_json:
        told = [asdict(one) for one in found]
        click.echo(json.dumps({"records": count, "findings": told, "handed_over": gone}))
    else:
        _tell(found)
        click.echo(f"{_counted(count, 'record')}, {_counted(len(found), 'finding')}")
        if gone:
            said = f"{_counted(gone, 'record')} handed over; verify them where they are"
            click.echo(f"not verified: {said}")
    sys.exit(verification.exit_status(found))


@records.command()
@click.argument("to", type=click.Path(path_type=Path))
@click.argument("changes", nargs=-1, metavar="[CHANGE]...")
@click.option(
    "--pdf", "as_pdf", is_flag=True, help="Print the page of one CHANGE into the file TO."
)
@_filters
@click.pass_obj
def export(
    printer: Printer, /, to: Path, changes: tuple[str, ...], *, as_pdf: bool, **expected: str
) -> None:
    """Put records into one BagIt bag TO: a new folder, or a file if it ends in .tar.gz.

    Without CHANGE: all records that the options select. check.txt in the bag has two
    commands that check it on any Linux.

    With --pdf runbook prints the executed notebook of one CHANGE into the file TO, in up to
    a minute. It needs WeasyPrint (pip install 'runbook[pdf]').
    """
    from runbook.records import bag

    outputs = outputs_folder()
    if as_pdf:
        if len(changes) != 1:
            raise click.UsageError("--pdf prints one record: name its CHANGE")
        bag.write_new(to, lambda: printer(outputs / _one(outputs, changes[0]).place))
        click.echo(f"1 record in {to}")
        return
    if changes:
        chosen: Sequence[Entry] = [_one(outputs, change) for change in changes]
    else:
        with opened(outputs, _say) as index:
            chosen = index.entries(Wanted(most=0, **expected))
    left_out = bag.export(outputs, chosen, to, SystemClock().now(), _allowed())
    for line in left_out:
        _say(f"left out: {line}")
    click.echo(f"{_counted(len(chosen), 'record')} in {to}")


@records.command()
@CHANGE
@click.option("--because", required=True, help="What you found on the host, or did there.")
def close(change: str, *, because: str) -> None:
    """Close a record that needs a person (marked !), once you have looked at the host.

    It writes who closed it, when and why beside the record; the record of a run
    that died is sealed. Nothing in the record is altered.
    """
    from runbook.records import close as closing
    from runbook.records.signature import SIGN_WITH

    outputs = outputs_folder()
    entry = _one(outputs, change)
    key = os.environ.get(SIGN_WITH, "")
    _say(str(closing.close(outputs, entry, because, SystemClock().now(), key)), err=False)


@records.command("hand-over")
@click.argument("to", type=click.Path(path_type=Path))
@click.option("--until", required=True, help="The last day that is handed over (UTC).")
@click.option("--host", default="", help="The host's name.")
@click.option("--do", "really", is_flag=True, help="Do it; else only say what it would do.")
def hand_over(to: Path, until: str, host: str, *, really: bool) -> None:
    """Move old records out of outputs/ into one bag TO, to be kept elsewhere.

    Without --do it only says what it would do. It never takes an open record, one without
    a manifest, or the last confirmed ones that an audit of a host needs. What
    was handed over stays known by its digest, so `verify` misses nothing.
    """
    from runbook.records import handover

    outputs = outputs_folder()
    with opened(outputs, _say) as index:
        every = index.entries(Wanted(host=host))
    order = handover.choose(every, until)
    for entry, why in order.kept:
        _say(f"stays: {entry.place}: {why}", err=False)
    for entry in order.handed:
        _say(f"{'moves' if really else 'would move'}: {entry.place}: {entry.words}", err=False)
    if really:
        handover.hand_over(outputs, order.handed, to, SystemClock().now(), _allowed())
    done = f"in {to}" if really else f"would be in {to}; --do does it"
    click.echo(f"{_counted(len(order.handed), 'record')} {done}")


def _list(query: Wanted, *, as_json: bool) -> None:
    outputs = outputs_folder()
    with opened(outputs, _say) as index:
        found = index.entries(query)
        about = {e.place: index.about(query.text, e.place) for e in found if query.text}
    if as_json:
        click.echo(json.dumps([{**asdict(e), "found": about.get(e.place, "")} for e in found]))
        return
    for line in lines(found, about):
        click.echo(line)
    if query.most and len(found) == query.most:
        _say(f"the first {query.most}; --most 0 lists all")


def _tell(found: Iterable[TrailFinding]) -> None:
    for one in found:
        name = f" {one.name}:" if one.name else ""
        _say(f"{one.kind}: {one.place}:{name} {one.fault}: {one.text}", err=False)


def _one(outputs: Path, change: str) -> Entry:
    """The record of that number; raises CorrectParameters for none or several."""
    host, _, number = change.rstrip("/").rpartition("/")
    wanted = Wanted(host=host.rpartition("/")[2], change=number)
    with opened(outputs, _say) as index:
        found = index.entries(wanted)
    exact = [entry for entry in found if entry.change_id == number] or found
    if len(exact) == 1:
        return exact[0]
    places = ", ".join(entry.place for entry in exact[:5])
    raise CorrectParameters(
        f"{len(exact)} records begin with {change!r}" + (f": {places}" if places else ""),
        state="no host was contacted",
        then="`runbook records list` shows the numbers; write HOST/CHANGE if two are the same",
    )


def _belonging(outputs: Path, entry: Entry) -> list[Entry]:
    """The records that name this one's change, and those that it names."""
    with opened(outputs, _say) as index:
        every: Any = index.entries(Wanted(host=entry.host))
    return [e for e in every if entry.change_id in e.links or e.change_id in entry.links]


def _allowed() -> Path:
    from runbook.records.signature import ALLOWED_SIGNERS

    return params_folder() / ALLOWED_SIGNERS


def _counted(number: int, action: str) -> str:
    return f"{number} {action}{'' if number == 1 else 's'}"


def _say(text: str, *, err: bool = True) -> None:
    """One line, whatever a record or a file's name has in it."""
    click.echo(printable(" ".join(text.splitlines())), err=err)
