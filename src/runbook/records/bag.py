"""Puts records into one BagIt bag (RFC 8493) that tools of any Linux can check, without runbook.

The payload is also an RO-Crate: `crate` describes it for archives and search engines.
"""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from runbook.common import atomic_files, handed_files, octets
from runbook.common.errors import CorrectParameters
from runbook.records.crate import METADATA, crate
from runbook.records.entry import Entry
from runbook.records.files import MANIFEST, SIGNATURE
from runbook.records.signature import ALLOWED_SIGNERS, NAMESPACE

DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
PACKED = ".tar.gz"
CHECK = f"""\
# In this folder. The first line checks every file, the second who sealed each record.
sha256sum --quiet --check manifest-sha256.txt && echo all files are as they were exported
for m in data/*/*/{MANIFEST}; do ssh-keygen -Y verify -n {NAMESPACE} -f {ALLOWED_SIGNERS} \
-I "$(ssh-keygen -Y find-principals -s "$m{SIGNATURE}" -f {ALLOWED_SIGNERS})" \
-s "$m{SIGNATURE}" <"$m" || echo "$m: not signed by a key of {ALLOWED_SIGNERS}"; done
"""


@dataclass(slots=True)
class _Bag:
    """A bag that is being filled: the digests of its files, by path."""

    root: Path
    payload: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    octets: int = 0

    def put(self, name: str, content: bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        own = self.payload if name.startswith("data/") else self.tags
        own[name] = hashlib.sha256(content).hexdigest()
        self.octets += len(content) if own is self.payload else 0


def export(
    outputs: Path, entries: Sequence[Entry], to: Path, at: datetime, allowed: Path
) -> tuple[str, ...]:
    """Make the bag `to`, packed if that ends in .tar.gz. Returns the files that were left out.

    Raises CorrectParameters if `to` is there or cannot be written, or if there is no record.
    """
    if not entries:
        raise _refusal(to, "no record fits", "see `runbook records list`")
    _refuse_old(to)
    half = to.with_name(f".{to.name}.half")
    try:
        half.mkdir(mode=0o700, parents=True)
        left_out = _fill(_Bag(half), outputs, entries, at, allowed)
        _finish(half, to)
    except OSError as error:
        why = f"{error.filename or to}: {error.strerror}"
        raise _refusal(to, why, f"make room, remove {half} and try again") from error
    return left_out


def write_new(to: Path, make: Callable[[], bytes]) -> None:
    """Write a file that is not there yet; raises CorrectParameters otherwise."""
    _refuse_old(to)
    try:
        atomic_files.create(to, make())
    except OSError as error:
        raise _refusal(to, str(error.strerror), "name a file that can be written") from error


def _refuse_old(to: Path) -> None:
    if to.exists():
        raise _refusal(to, "it is there already", "name a new folder or file")


def _fill(
    bag: _Bag, outputs: Path, entries: Sequence[Entry], at: datetime, allowed: Path
) -> tuple[str, ...]:
    left_out: list[str] = []
    sizes: dict[str, int] = {}
    for entry in entries:
        for path in sorted((outputs / entry.place).iterdir()):
            name = f"{entry.place}/{path.name}"
            try:
                content = handed_files.read(path, through_links=False)
            except OSError as error:
                left_out.append(f"{name}: {error.strerror}")
                continue
            if not path.name.startswith("."):
                sizes[name] = len(content)
                bag.put(f"data/{name}", content)
    bag.put(f"data/{METADATA}", octets.valid_json(crate(entries, sizes, at)).encode())
    if allowed.is_file():
        bag.put(ALLOWED_SIGNERS, allowed.read_bytes())
    _describe(bag, len(entries), at)
    return tuple(left_out)


def _describe(bag: _Bag, count: int, at: datetime) -> None:
    bag.put("bagit.txt", DECLARATION.encode())
    bag.put("check.txt", CHECK.encode())
    info = {
        "Bag-Software-Agent": "runbook",
        "Bagging-Date": f"{at:%Y-%m-%d}",
        "External-Description": f"{count} records of changes, made by runbook",
        "Payload-Oxum": f"{bag.octets}.{len(bag.payload)}",
    }
    bag.put("bag-info.txt", "".join(f"{name}: {value}\n" for name, value in info.items()).encode())
    bag.put("manifest-sha256.txt", _manifest(bag.payload))
    (bag.root / "tagmanifest-sha256.txt").write_bytes(_manifest(bag.tags))


def _manifest(digests: Mapping[str, str]) -> bytes:
    lines = (f"{digest}  {_name(name)}\n" for name, digest in sorted(digests.items()))
    return "".join(lines).encode("utf-8", "surrogateescape")


def _name(name: str) -> str:
    """RFC 8493, 2.1.3."""
    return name.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _finish(half: Path, to: Path) -> None:
    """The bag appears whole or not at all."""
    if not to.name.endswith(PACKED):
        half.rename(to)
        return
    packed = half.with_name(f"{half.name}{PACKED}")
    with tarfile.open(packed, "x:gz") as archive:
        archive.add(half, arcname=to.name.removesuffix(PACKED))
    packed.rename(to)
    shutil.rmtree(half)


def _refusal(to: Path, why: str, then: str) -> CorrectParameters:
    return CorrectParameters(
        f"{to} was not made: {why}", state="the records are as they were", then=then
    )
