"""Closes the sessions in guests, and writes their files and consoles into the run folder."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import suppress

from runbook import views
from runbook.common.printable import printable
from runbook.guest.sessions import GuestSessions
from runbook.notebook.shared.runs import RecordedRun
from runbook.records.files import MANIFEST
from runbook.run.record import Folder, RecordNotWritten
from runbook.run.subject import PipelineSubject
from runbook.state.guest.secrets import without_arguments
from runbook.views import CELL, Output


def leave(run: RecordedRun, subject: PipelineSubject, page: Output = CELL) -> None:
    """Close the sessions of a change; write their original files and transcripts to the record.

    The result of the run is known by then, so an error here is shown beside it and never raised.
    If the record is sealed, the sessions were closed before.
    """
    if run.folder.has(MANIFEST):
        return
    for guests in subject.guest_sessions:
        for line in _left(run.folder, guests):
            # A record that takes no more lines may be what the line is about.
            with suppress(OSError, RecordNotWritten):
                run.folder.note(run.session.clock.now(), line)
            page.show(views.note(line, "warn"))


def _left(folder: Folder, guests: GuestSessions) -> Iterator[str]:
    yield from _tried("a guest's console may still be open", guests.close)
    yield from guests.not_left()
    told = "the record of the guests' consoles is not complete"
    yield from _tried(told, lambda: keep(folder, guests))


def _tried(else_: str, call: Callable[[], None]) -> Iterator[str]:
    try:
        call()
    except Exception as error:  # noqa: BLE001 - any of them is less than how the run ended
        yield f"{else_}: {error} ({type(error).__name__})"


# A guest chooses the paths of its files, and this machine has files named by them.
_ODD, _LONGEST = re.compile(r"[^A-Za-z0-9._@-]"), 100


def keep(folder: Folder, guests: GuestSessions) -> None:
    """Write transcripts and original files of closed sessions; the record keeps none twice.

    A file's name in the record has a number, because two paths may give the same name. A file
    that holds a known secret is never edited. If a hook has arguments that runbook does not know,
    they are left out, and the digest of the whole file is beside it, as `sha256sum -c` reads it:
    the guest has the file.
    """
    for name, said in guests.transcripts().items():
        if said:
            # A console has told its text one character a byte: some of these are C1 controls.
            shown = "\t".join(map(printable, said.split("\t")))
            _anew(folder, f"console-{name}.txt", shown)
    for number, (name, path, content) in enumerate(guests.originals(), start=1):
        product = f"original-{name}-{number}{_ODD.sub('_', path)[:_LONGEST]}"
        _original(folder, product, path, content)


def _original(folder: Folder, product: str, path: str, content: bytes) -> None:
    # One character a byte: what is no UTF-8 in a comment stays what it is.
    shown = without_arguments(content.decode("latin-1")).encode("latin-1")
    if shown != content:
        _anew(folder, f"{product}.sha256", f"{hashlib.sha256(content).hexdigest()}  {path}\n")
    try:
        _anew(folder, product, shown.decode())
    except UnicodeDecodeError:
        _anew(folder, f"{product}.base64", base64.encodebytes(shown).decode())


def _anew(folder: Folder, name: str, text: str) -> None:
    stem = name.partition(".")[0]
    alike = (each for each in folder.path.iterdir() if each.name.startswith(stem))
    if text.encode() not in {each.read_bytes() for each in alike if each.is_file()}:
        folder.again(name, text)
