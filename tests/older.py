"""Changes that program 0.1 armed on hosts of the lab, as tests/unit/data/armed_by_0.1 has them."""

from __future__ import annotations

import json
import lzma
import tarfile
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parent / "unit" / "data" / "armed_by_0.1"
# Where the notebooks ran that made the records.
HOME = "/root/runbook"


@dataclass(frozen=True, slots=True)
class Older:
    """One such change: what was on the host, and the operator's record of it."""

    name: str

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return DATA / self.name

    @property
    def change_id(self) -> str:
        """The number of the change."""
        return str(json.loads((self.folder / "manifest.json").read_text())["change_id"])

    @property
    def directory(self) -> str:
        """Its directory on the host."""
        return f"/var/lib/runbook/{self.change_id}"

    @property
    def record(self) -> Path:
        """The run folder."""
        return self.folder / "record"

    @property
    def notebook(self) -> str:
        """The executed notebook; only of a change that was confirmed."""
        return lzma.decompress((self.folder / "notebook.ipynb.xz").read_bytes()).decode()

    @property
    def tar(self) -> bytes:
        """What was on the host, to be unpacked at its root."""
        return lzma.decompress((self.folder / "host.tar.xz").read_bytes())

    def files(self) -> dict[str, tuple[bytes, int]]:
        """The files that were on the host, by path: content and mode."""
        found: dict[str, tuple[bytes, int]] = {}
        with tarfile.open(self.folder / "host.tar.xz") as archive:
            for member in archive:
                if file := archive.extractfile(member) if member.isfile() else None:
                    found[f"/{member.name}"] = file.read(), member.mode
        return found

    def links(self) -> dict[str, str]:
        """The symbolic links, by path: what each leads to."""
        with tarfile.open(self.folder / "host.tar.xz") as archive:
            return {f"/{m.name}": m.linkname for m in archive if m.issym()}


HALF_MADE = Older("host-half-made")
ALL_MADE = Older("host-all-made")
DEMANDING = Older("host-all-made-dhcp-ipv6-drop")
GUEST = Older("guest-all-made")
CONFIRMED = Older("host-confirmed")
