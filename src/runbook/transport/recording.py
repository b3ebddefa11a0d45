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
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, InstanceOf, ValidationError

from runbook.common import handed_files, octets
from runbook.common.errors import ReadFailed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT = "runbook-recording"
VERSION = 1

Question = tuple[str, ...]


_DAMAGE = (OSError, EOFError, ValueError, zlib.error, RecursionError)


class _Answered(BaseModel):
    question: tuple[InstanceOf[str], ...]
    answer: Any


class _Document(BaseModel):
    format: Literal["runbook-recording"]
    version: Literal[1]
    host: InstanceOf[str]
    answers: tuple[_Answered, ...]


class Packed(BaseModel):
    """Bytes as `pack` writes them."""

    text: InstanceOf[str] | None = None
    base64: InstanceOf[str] = ""

    @property
    def content(self) -> bytes:
        """The bytes; ValueError where that is no base64."""
        if self.text is not None:
            return self.text.encode()
        return base64.b64decode(self.base64, validate=True)


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
            document = _Document.model_validate(json.loads(text))
        except ValidationError as error:
            why = f"it is not a {FORMAT} of version {VERSION}"
            raise _unreadable(path, why) from error
        except _DAMAGE as error:
            raise _unreadable(path, str(error)) from error
        return cls(document.host, {answer.question: answer.answer for answer in document.answers})


def pack(data: bytes) -> dict[str, str]:
    """Bytes as JSON."""
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def _unreadable(path: Path, why: str) -> ReadFailed:
    return ReadFailed(
        f"cannot read the recording {path}: {why}",
        state="no host was contacted",
        then="record the host again, or name another recording",
    )
