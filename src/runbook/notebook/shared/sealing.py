"""The begin of a run's record, and its manifest once the run is over. Neither stops a run."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime

from runbook.apply.checkpoint.layout import Layout
from runbook.common import handed_files, octets
from runbook.common.errors import RunbookError
from runbook.notebook.shared.runs import RecordedRun
from runbook.notebook.shared.stages import RunProgress
from runbook.params import NOTHING_SAID, WORDS, ChangeRequest
from runbook.records import begin as beginning
from runbook.records import card, witness
from runbook.records import seal as sealing
from runbook.records.begin import About
from runbook.records.card import Card
from runbook.records.files import MANIFEST
from runbook.records.link import RELATIONS, REVERTED, first_folder, link
from runbook.records.make_manifest import NOT_CHANGED, READ, HostFiles
from runbook.records.predicate import FACTS, Envelope, Kind, Manifest, Previous
from runbook.records.signature import SIGN_WITH
from runbook.records.statement import sha256
from runbook.run.record import Ending

# The host is not in the middle of a change any more, and this run wrote on it.
OVER = (Ending.AS_PROMISED, Ending.UNDONE, Ending.AS_BEFORE)
HOST_JOURNAL = "journal-of-the-host"
# Which change a revert takes back.
REVERTS = "reverts.json"


def begin(
    run: RecordedRun, kind: Kind, subject: str = "", *, request: ChangeRequest = NOTHING_SAID
) -> None:
    """Write what is known when a run begins; raises RecordNotWritten as the folder does."""
    session = run.session
    about = About(kind, run.host, subject or run.host, session.change_id)
    envelope = Envelope(**request.model_dump(include=set(WORDS)))
    begun = beginning.begin(run.folder, about, session.clock.now(), envelope)
    run.folder.hold()
    run.course.first.begin(begun, str(run.folder.path))
    if not run.course.first.placed:
        run.course.first.place()


def announce(course: RunProgress, about: About, request: ChangeRequest) -> None:
    """Say what the run is about, before there is a record of it."""
    envelope = Envelope(**request.model_dump(include=set(WORDS)))
    begun = beginning.describe(about, datetime.now(UTC), envelope)
    course.first.begin(begun, "none yet")


def seal(run: RecordedRun) -> None:
    """Write the manifest of a run that is over; what fails is named, and nothing is raised."""
    try:
        host = _host_files(run)
        _keep_journal(run, host)
        digest = sealing.seal(run.folder, run.session.clock.now(), host, _sign_with(run))
        if digest and host.files and MANIFEST not in run.folder.unwritten:
            _witness(run, digest)
        if digest and MANIFEST not in run.folder.unwritten:
            _link_first(run, digest)
    except Exception as error:  # noqa: BLE001 - any of them is less than how the run ended
        run.folder.unwritten[MANIFEST] = str(error) or type(error).__name__
    run.folder.let_go()
    with suppress(Exception):
        run.course.first.draw(_last_card(run))


def _last_card(run: RecordedRun) -> Card:
    """The result for the first page, as it is in the record."""
    place = str(run.folder.path)
    try:
        content = run.folder.text(MANIFEST)
        record = Manifest.model_validate_json(content).predicate
    except (OSError, ValueError):
        return card.without_manifest(run.folder.outcome(), place, _change_on_the_host(run))
    adopts = bool(getattr(run.session.params, "adopt", None))
    return card.ended(record, place, sha256(content.encode()), adopts=adopts)


def _sign_with(run: RecordedRun) -> str:
    given = getattr(run.session.params, "sign_with", None)
    return str(given or os.environ.get(SIGN_WITH, ""))


def _link_first(run: RecordedRun, digest: str) -> None:
    """Into the record of the change that this run ended: that it did."""
    fact = FACTS[Ending(str(run.folder.outcome()["outcome"]))]
    taken = _taken_back(run)
    relation = REVERTED.get(fact) if taken else RELATIONS.get(fact)
    first = first_folder(run.folder.path, taken or _change_on_the_host(run))
    if relation and first:
        mine = Previous(change_id=run.session.change_id, sha256=digest)
        with suppress(OSError):
            link(first, relation, mine, _sign_with(run))


def _witness(run: RecordedRun, digest: str) -> None:
    """Leave the digest on the host, if its change is over; it goes on without that, too."""
    if Ending(str(run.folder.outcome()["outcome"])) not in OVER:
        return
    mine = Previous(change_id=run.session.change_id, sha256=digest)
    with suppress(RunbookError, OSError):
        witness.write(run.session.host, _change_on_the_host(run), mine)


def _host_files(run: RecordedRun) -> HostFiles:
    """Journal and undo of the change, as they are on the host."""
    change_id = _change_on_the_host(run)
    if not change_id:
        return NOT_CHANGED
    place = Layout(change_id)
    paths = (place.journal, place.undo)
    try:
        files = run.session.host.read_files(paths)
        last = witness.read(run.session.host)
    except Exception as error:  # noqa: BLE001 - the record is sealed without the host, too
        why = error.what if isinstance(error, RunbookError) else str(error)
        return HostFiles({}, f"the host could not be asked: {why or type(error).__name__}")
    found = {path: file.content for path, file in zip(paths, files, strict=True) if file}
    if not found:
        return HostFiles({}, "the host has neither of them")
    return HostFiles(found, READ, last[-1] if last else None)


def _change_on_the_host(run: RecordedRun) -> str:
    """Of this run, or the one that this run found there; '' if there is none."""
    if run.folder.has("undo"):
        return run.session.change_id
    with suppress(OSError, ValueError):
        document = handed_files.json_object(run.folder.text("found.json"))
        return str(document.get("change_id") or "")
    return ""


def _taken_back(run: RecordedRun) -> str:
    """The change that this run takes back; '' if it is no revert."""
    with suppress(OSError, ValueError):
        return str(handed_files.json_object(run.folder.text(REVERTS)).get("change_id") or "")
    return ""


def _keep_journal(run: RecordedRun, host: HostFiles) -> None:
    """The host's own journal, which after an undo is in the record already."""
    for path, content in host.files.items():
        if path.endswith("/journal") and not run.folder.has(HOST_JOURNAL):
            run.folder.once(HOST_JOURNAL, octets.text_of(content))
