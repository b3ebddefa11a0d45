"""guests.json: the state inside each guest before the change, to compare with afterwards.

No secret is in it: of a file in which a word names one the digest is kept, as of one
that is no text, or for which there is no room.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from runbook.state.guest.files import InsideFile
from runbook.state.guest.inside import Inside

FORMAT_VERSION = 1
# Characters of text that are kept of a guest. Files of a network are some hundred each.
ROOM = 1 << 16
NOT_KEPT = "how it was before is not kept"


@dataclass(frozen=True, slots=True)
class GuestsBefore:
    """By name, how each guest was inside before the change; else `why` that is not known."""

    inside: Mapping[str, Inside] = field(default_factory=dict)
    why: str = NOT_KEPT


class _Kept(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    # FORMAT_VERSION, which a type cannot be made of.
    format_version: Literal[1]
    guests: dict[str, Inside]


def dumps(before: Mapping[str, Inside]) -> bytes:
    """As it stands on the host, to be read by people too."""
    told = _Kept(format_version=1, guests={name: _kept(one) for name, one in before.items()})
    return (told.model_dump_json(indent=1) + "\n").encode()


def loads(text: bytes) -> GuestsBefore:
    """What `dumps` made; raises ValueError for anything else."""
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    version = document.get("format_version") if isinstance(document, dict) else None
    if version != FORMAT_VERSION:
        raise ValueError(f"its format is {version!r}, and this program knows {FORMAT_VERSION}")
    try:
        return GuestsBefore(_Kept.model_validate_json(text).guests)
    except ValidationError as error:
        # pydantic's own words quote what it was given.
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"{where}: {first['msg']}") from None


def _kept(before: Inside) -> Inside:
    resolver = next(_files(filter(None, (before.resolv_conf,))), None)
    return replace(before, files=tuple(_files(before.files)), resolv_conf=resolver)


def _files(files: Iterable[InsideFile]) -> Iterator[InsideFile]:
    room = ROOM
    for file in files:
        text = file.harmless
        if text is None or len(text) > room:
            yield InsideFile(file.path, b"", file.mode, file.digest)
        else:
            room -= len(text)
            yield file
