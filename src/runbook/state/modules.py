"""The kernel modules that are loaded, as /proc/modules lists them."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from runbook.state.table import Table, ordered, understood
from runbook.transport.host import Reader


class ModuleRow(NamedTuple):
    """One module."""

    name: Annotated[str, "its name, with _ where a file name may have -"]
    users: Annotated[int, "how many modules, devices and programs use it now"]


KEY = ("name",)
VOLATILE = ("users",)
PATH = "/proc/modules"


def parse(text: str) -> tuple[ModuleRow, ...]:
    """One row a line; ValueError for a line that is not one of /proc/modules."""
    lines = (line.split() for line in text.splitlines())
    rows = (ModuleRow(name, _users(users)) for name, _size, users, *_ in lines)
    return ordered(rows, KEY)


def _users(count: str) -> int:
    """A kernel that unloads no modules does not count, and prints a dash."""
    return 0 if count == "-" else int(count)


@understood
def read(host: Reader) -> tuple[ModuleRow, ...]:
    """Read them; a kernel that can load none has no such file."""
    (file,) = host.read_files((PATH,))
    return parse(file.content.decode() if file else "")


# They come with whatever needs them first, and nothing takes them away again.
TABLE = Table("modules", ModuleRow, KEY, read, VOLATILE, ephemeral=True, since=2)
