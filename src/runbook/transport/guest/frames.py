"""A command's end as it comes over a console: told from noise, and checked. Pure.

::

    <mark>H 7 0 <md5 of stdout> <md5 of stderr>
    aGVsbG8K
    <mark>M
    <mark>E 7

Kernel messages, `wall` and a boot's own words may stand anywhere in between, even
within a line. What was damaged does not match its sum, and is asked for again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from runbook.common.redact import redact_prose
from runbook.transport.guest.cleaning import without_kernel

_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
# From the words that a command's end is asked for by, to the next that are typed.
_TOLD = re.compile(r"(?<=tell\n)[^»]+")
# What a command is handed as its input: whole files of the guest.
_HANDED = re.compile(r"(?:»p i '[^\n]*\n)+")
_PAYLOAD = re.compile(r"[A-Za-z0-9+/= ]+|.*[A-Za-z0-9+/]{16}.*")
_HEX = re.compile(r"[0-9a-f]{2}(?: +[0-9a-f]{2})*")


@dataclass(frozen=True, slots=True)
class Ended:
    """A command's exit status and what it wrote."""

    status: int
    stdout: bytes
    stderr: bytes


def decode(text: str, mark: str, number: int, *, hexadecimal: bool) -> Ended | None:
    """What the frame says; None if it is damaged, or of another command."""
    head = rf"{mark}H {number} (\d+) ([0-9a-f]{{32}}) ([0-9a-f]{{32}})\n"
    match = re.search(rf"{head}(.*){mark}M\n(.*)\Z", without_kernel(text), re.DOTALL)
    if match is None:
        return None
    out, err = (_payload(part, hexadecimal=hexadecimal) for part in (match[4], match[5]))
    if (md5(out), md5(err)) != (match[2], match[3]):
        return None
    return Ended(int(match[1]), out, err)


def md5(content: bytes) -> str:
    """The sum that finds noise on a line; every guest has the program for it."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def without_payload(transcript: str, mark: str) -> str:
    """A console's transcript with the size of what commands were handed and wrote, in its place.

    Among it are files with secrets; to a reader what they wrote would be base64 anyway.
    Secrets that somebody else left on the screen are taken out too, as far as they are known.
    """
    transcript = _HANDED.sub(lambda match: f"({len(match[0])} characters of input)\n", transcript)
    shortened = _TOLD.sub(lambda match: _sized(match[0], mark), transcript)
    return "\n".join(map(_redacted, shortened.split("\n")))


def _redacted(line: str) -> str:
    output, sign, typed = line.partition("»")
    return f"{redact_prose(output)}{sign}{typed}"


def _sized(text: str, mark: str) -> str:
    lines = without_kernel(text).splitlines()
    short = [line for line in lines if mark in line or not _PAYLOAD.fullmatch(line)]
    size = sum(map(len, lines)) - sum(map(len, short))
    return "".join(f"{line}\n" for line in (*short, f"({size} characters of output)"))


def _payload(text: str, *, hexadecimal: bool) -> bytes:
    pattern = _HEX if hexadecimal else _BASE64
    lines = (line.strip() for line in text.split("\n"))
    joined = "".join(line for line in lines if pattern.fullmatch(line))
    try:
        return bytes.fromhex(joined) if hexadecimal else base64.b64decode(joined)
    except (ValueError, binascii.Error):
        return b""


def typed(content: bytes, width: int) -> tuple[str, ...]:
    """Formats for printf, each at most `width` characters, that come to `content` in the end.

    Printable characters stand for themselves, so that a transcript can be read.
    """
    lines, line = [], ""
    for byte in content:
        word = _WORDS.get(byte) or _character(byte)
        if len(line) + len(word) > width:
            lines.append(line)
            line = ""
        # dash takes a first word of this kind for an option.
        line += f"\\{byte:03o}" if not line and word == "-" else word
    return (*lines, line) if line else tuple(lines)


def _character(byte: int) -> str:
    character = chr(byte)
    return character if character.isascii() and character.isprintable() else f"\\{byte:03o}"


# A quote would end the word that the format is typed as; the others mean something to printf.
_WORDS = {0x0A: "\\n", 0x09: "\\t", 0x25: "%%", 0x27: "\\047", 0x5C: "\\\\"}
