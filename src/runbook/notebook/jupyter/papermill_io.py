"""How papermill writes a notebook: whole or not at all, without secrets.

papermill itself writes in place, several times a run, so that a power cut can
leave half a notebook. It hands a handler only those paths that begin with the
handler's scheme, here ``/``. A relative path begins with none, and goes to
papermill's own handler of files whatever is registered; so that one is made to
write as this one does.
"""

from __future__ import annotations

import atexit
import hashlib
import logging
import os
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from runbook.common import atomic_files, handed_files, octets
from runbook.common.redact import redact_notebook, redact_prose
from runbook.notebook.jupyter.executed_notebook import is_over, told_truly
from runbook.notebook.jupyter.papermill_ending import run_cells
from runbook.notebook.jupyter.save_at_work import Written
from runbook.notebook.jupyter.unattended import mark_papermill
from runbook.records.files import NOTEBOOK, NOTEBOOK_SHA256


def mark_notebook(environ: MutableMapping[str, str], path: Path) -> None:
    """Tell the kernels that this process starts which notebook it read, and its digest."""
    if path.suffix == ".ipynb":
        with suppress(OSError, ValueError):
            environ[NOTEBOOK_SHA256] = hashlib.sha256(handed_files.read(path)).hexdigest()
            environ[NOTEBOOK] = str(path.absolute())


class AtomicHandler:
    """The handler for the scheme "/"; papermill calls it on the class."""

    @classmethod
    def read(cls, path: str) -> str:
        """The file's text."""
        mark_notebook(os.environ, Path(path))
        return Path(path).read_text(encoding="utf-8")

    @classmethod
    def listdir(cls, path: str) -> list[str]:
        """The full paths in a folder."""
        return sorted(str(inside) for inside in Path(path).iterdir())

    @classmethod
    def write(cls, buf: str, path: str) -> None:
        """Redact, then replace the file in one operation; raises OSError as writing does.

        Only its owner may read it, also where it took the place of a file that others could read.
        A link stays, and the file that it leads to is replaced. What is no
        file, /dev/null or a pipe, is written to.
        """
        target, content = Path(path).resolve(), octets.valid_json(_as_written(buf)).encode()
        if target.exists() and not target.is_file():
            target.write_bytes(content)
        else:
            atomic_files.replace(target, content, atomic_files.PRIVATE_FILE)
            # Which write is the last one only the end of the process tells.
            atexit.unregister(file_quietly)
            atexit.register(file_quietly, target)

    @classmethod
    def pretty_path(cls, path: str) -> str:
        """The path as papermill logs it."""
        return path


def file_quietly(notebook: Path) -> None:
    """File the notebook in its run folder; one that tells of no record is left where it is."""
    # papermill starts without them; they are needed only here.
    from runbook.common.folders import outputs_folder  # noqa: PLC0415
    from runbook.notebook.archive import file_notebook  # noqa: PLC0415

    log = logging.getLogger("papermill")
    try:
        if is_over(notebook.read_text("utf-8")):
            log.info("The notebook is filed: %s", file_notebook(notebook, outputs_folder()))
    except Exception as error:  # noqa: BLE001 - the run has ended, and its notebook is written
        log.warning("The notebook is not filed: %s", error)


def _as_written(buf: str) -> str:
    # Redacted first: the first page is made of data, and spells each sign its own way.
    return buf if isinstance(buf, Written) else told_truly(redact_notebook(buf))


class RedactedLog(logging.Filter):
    """papermill's log has what cells print and the errors that they end with."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact the message with its arguments; each goes on."""
        record.msg, record.args = redact_prose(record.getMessage()), None
        return True


def take_other_paths() -> None:
    """Have papermill's own handler of files write as `AtomicHandler` does, and redact the others.

    The others are its standard output and stores in a cloud.
    """
    # papermill may be what imports this module, half way through its own import.
    from papermill.iorw import LocalHandler, PapermillIO  # noqa: PLC0415

    def write(self: Any, buf: str, path: str) -> None:  # noqa: ANN401 - papermill has no types
        AtomicHandler.write(buf, str(Path(self._cwd or "") / path))

    plain_read = LocalHandler.read

    def read(self: Any, path: str) -> Any:  # noqa: ANN401 - likewise
        mark_notebook(os.environ, Path(self._cwd or "") / path)
        return plain_read(self, path)

    LocalHandler.read, LocalHandler.write = read, write
    to_any = PapermillIO.write

    def redacted(self: Any, buf: str, path: Any, *more: Any) -> Any:  # noqa: ANN401 - likewise
        # A file is redacted where it is written, and once is enough.
        local = isinstance(self.get_handler(path, *more), LocalHandler | type(AtomicHandler))
        return to_any(self, buf if local else _as_written(buf), path, *more)

    PapermillIO.write = redacted


def end_runs_well() -> None:
    """Have papermill run the cells of this package's notebooks as `papermill_ending` does."""
    from papermill.clientwrap import PapermillNotebookClient  # noqa: PLC0415 - likewise

    plain = PapermillNotebookClient.papermill_execute_cells
    PapermillNotebookClient.papermill_execute_cells = lambda self: run_cells(self, plain)


# papermill imports its handlers before it starts a kernel; nothing else imports this module.
take_other_paths()
end_runs_well()
logging.getLogger("papermill").addFilter(RedactedLog())
mark_papermill(os.environ, os.getpid())
