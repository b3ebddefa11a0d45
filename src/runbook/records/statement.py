"""The form of a manifest: an in-toto Statement v1, which other programs can read too.

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

STATEMENT: Final = "https://in-toto.io/Statement/v1"
# What a subject's name begins with if the file is on the host and not in the run folder.
ON_THE_HOST = "host:"

Predicate = TypeVar("Predicate", bound="Strict")


class Strict(BaseModel):
    """A part of a manifest: a field that it does not have makes it invalid."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Digest(Strict):
    """The digest of a file."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="as `sha256sum` prints it")


class Subject(Strict):
    """A file that the manifest is about."""

    name: str = Field(
        description="the file's name in the run folder; `host:` and a path: the file on the host"
    )
    digest: Digest
    annotations: Mapping[str, int] = Field(
        default_factory=dict,
        description="`bytes`: the file's length. A journal on a host may grow later; its first"
        " `bytes` bytes have this digest",
    )


class Statement(Strict, Generic[Predicate]):
    """A manifest: files by their digests, and the fields that are true of them together."""

    kind: Literal["https://in-toto.io/Statement/v1"] = Field(default=STATEMENT, alias="_type")
    subject: tuple[Subject, ...]
    predicate_type: str = Field(alias="predicateType")
    predicate: Predicate


def subject(name: str, content: bytes) -> Subject:
    """A file by its name and its content."""
    return Subject(name=name, digest=Digest(sha256=sha256(content)), annotations=_length(content))


def sha256(content: bytes) -> str:
    """As `sha256sum` prints it."""
    return hashlib.sha256(content).hexdigest()


def _length(content: bytes) -> Mapping[str, int]:
    return {"bytes": len(content)}
