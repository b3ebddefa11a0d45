"""A folder to be the PATH of a script: what would act only says that it was run, and with what."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

PIECES = (
    "'",
    '"',
    "\n",
    "$(",
    ")",
    "`",
    ";",
    "&",
    "|",
    "INJECTED",
    " ",
    "\\",
    "#",
    "IP",
    "{}",
    "-",
)
# Names that a shell would take for more than names; INJECTED is to be among the stubs.
hostile = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
# As every script of ours sets it.
PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
# How many words, the words, then what `ip` reads: any of them may hold any character but NUL.
STUB = """\
#!/bin/sh
{{ printf '%s\\0' "$#" "${{0##*/}}" "$@"
  if [ "$*" = '-force -batch -' ]; then {cat}; fi; printf '\\0'; }} >>{log}
"""


@dataclass(frozen=True, slots=True)
class Programs:
    """The folder; its log is beside it."""

    folder: Path

    @property
    def log(self) -> Path:
        """What was run."""
        return self.folder.with_suffix(".log")

    def set_up(self, *, real: tuple[str, ...] = (), stubs: tuple[str, ...] = ()) -> None:
        """Make the folder: links to the real ones, a stub for each of the others."""
        self.folder.mkdir()
        for name in real:
            (self.folder / name).symlink_to(str(shutil.which(name)))
        text = STUB.format(cat=shutil.which("cat"), log=self.log)
        for name in stubs:
            (self.folder / name).write_text(text)
            (self.folder / name).chmod(0o755)

    def as_path_of(self, script: str) -> str:
        """The script, with this folder for the PATH that it sets."""
        assert script.count(PATH) == 1
        return script.replace(PATH, f"PATH={self.folder}")

    def ran(self) -> list[list[str]]:
        """The programs that were run, each with its arguments (and `ip`'s batch as the last)."""
        told = self.log.read_text() if self.log.exists() else ""
        fields = iter(told.split("\0")[:-1])
        return [_run(int(count), fields) for count in fields]


def _run(count: int, fields: Iterator[str]) -> list[str]:
    words = [next(fields) for _ in range(count + 1)]
    batch = next(fields)
    return [*words, batch] if batch else words
