"""What a terminal would not show, taken out of what a console sends. Pure."""

from __future__ import annotations

import re

# ECMA-48: control sequences, command strings, and the short escapes.
_ESCAPES = re.compile(
    r"\x1b(?:"
    r"\[[0-?]*[ -/]*[@-~]"
    r"|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|[ -/]+[0-~]"
    r"|[0-OQ-WYZ\\`-~]"
    r")"
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[ -/]*)\Z")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_LONGEST = 4096
# printk with its time stamp, which breaks into whatever else is on the line.
_KERNEL = re.compile(r"\[ *\d+\.\d{6}\](?:\[ *[TC]\d+\])? [^\n]*\n")


class Cleaner:
    """Bytes of a terminal in, one character a byte out: no escapes, no controls but LF and tab.

    An escape sequence that has come in part is held back until the rest of it has.
    """

    def __init__(self) -> None:
        """Nothing is held back yet."""
        self._held = ""

    def feed(self, data: bytes) -> str:
        """What `data` adds to the text."""
        text = _ESCAPES.sub("", self._held + data.decode("latin-1"))
        cut = _UNFINISHED.search(text)
        self._held = ""
        if cut is not None and len(cut[0]) < _LONGEST:
            self._held, text = cut[0], text[: cut.start()]
        return _CONTROLS.sub("", text)


def without_kernel(text: str) -> str:
    """The text without the kernel's own messages; a line that one broke in two is whole again."""
    return _KERNEL.sub("", text)


def last_line(text: str) -> str:
    """What stands to the left of the cursor."""
    return text.rpartition("\n")[2].strip()
