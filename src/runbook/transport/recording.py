"""What a host answered, in one file: questions and answers, as JSON.

    {"format": "runbook-recording", "version": 1, "host": "server-01",
     "answers": [{"question": ["query", "ip", "route"], "answer": {...}}, ...]}

Bytes are {"text": ...} where they are UTF-8, else {"base64": ...}. A name that
ends in .gz is compressed. A recording holds files as they were, secrets
included, so it is written for its owner alone.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook.common import handed_files, octets
from runbook.common.errors import ReadFailed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT = "runbook-recording"
VERSION = 1

Question = tuple[str, ...]


_DAMAGE = (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error, RecursionError)


@dataclass(frozen=True, slots=True)
class Recording:
    """The name of a host, and its answer (as JSON) to each question asked."""

    host: str
    answers: Mapping[Question, Any]

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all, readable by its owner only."""
        document = {
            "format": FORMAT,
            "version": VERSION,
            "host": self.host,
            "answers": [
                {"question": list(question), "answer": self.answers[question]}
                for question in sorted(self.answers)
            ],
        }
        told = json.dumps(document, indent=1, ensure_ascii=False)
        text = octets.valid_json(told).encode() + b"\n"
        # No time stamp: the same answers make the same file.
        data = gzip.compress(text, mtime=0) if path.suffix == ".gz" else text
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            temporary.touch(mode=0o600, exist_ok=False)
            temporary.write_bytes(data)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path) -> Recording:
        """Read a file that `save` wrote; ReadFailed if it is anything else."""
        try:
            data = handed_files.read(path)
            text = handed_files.unpacked(data, path) if path.suffix == ".gz" else data
            document = json.loads(text)
            if (document["format"], document["version"]) != (FORMAT, VERSION):
                raise _unreadable(path, f"it is not a {FORMAT} of version {VERSION}")
            answers = {tuple(one["question"]): one["answer"] for one in document["answers"]}
            return cls(document["host"], answers)
        except _DAMAGE as error:
            raise _unreadable(path, f"{type(error).__name__}: {error}") from error


def pack(data: bytes) -> dict[str, str]:
    """Bytes as JSON."""
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def unpack(packed: Mapping[str, str]) -> bytes:
    """The bytes that `pack` was given."""
    if "text" in packed:
        return packed["text"].encode()
    return base64.b64decode(packed["base64"], validate=True)


def _unreadable(path: Path, why: str) -> ReadFailed:
    return ReadFailed(
        f"cannot read the recording {path}: {why}",
        state="no host was contacted",
        then="record the host again, or name another recording",
    )
