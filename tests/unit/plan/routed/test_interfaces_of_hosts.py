"""The interface files of many hosts: edited where the NIC is, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import fakes
from tests.unit.fakes import NIC, Row
from tests.unit.plan.changes.host_model import HostModel
from tests.unit.plan.routed.corpus import EDITABLE, REFUSED, files

from runbook.common.errors import Refused
from runbook.plan.changes.files import EditLines
from runbook.plan.routed.interfaces import ADDRESSING, manual_stanza
from runbook.state.files import FileRow, contents
from runbook.state.syntax.ifupdown import Stanza, stanzas

FOREIGN = (
    "# a comment of somebody's\n",
    "\n",
    "auto enp9s0\niface enp9s0 inet dhcp\n    hostname x\n",
    f"iface {NIC}.7 inet static\n    address 10.7.0.1/24\n    up true \\\n      && true\n",
    "allow-hotplug \\\n   wlan0\n",
    "mapping eth*\n    script /bin/which\n    map A b\n",
    "source /etc/network/none.d/*\n",
)
endings = st.sampled_from(["\n", "\r\n"])
foreign = st.lists(st.sampled_from(FOREIGN), max_size=4).map("".join)


def edit(rows: list[Row]) -> EditLines:
    (made,) = manual_stanza(NIC, fakes.seen(files=rows))
    return made


def model(rows: list[Row]) -> HostModel:
    held = {str(row["path"]): str(row["content"]).encode() for row in rows}
    host = HostModel({}, [], [], held, set(), {})
    host.arm()
    return host


def others(rows: list[Row]) -> list[tuple[object, ...]]:
    """What all stanzas but the NIC's own say."""
    return [
        (s.path, s.kind, s.name, s.family, s.method, s.options)
        for s in stanzas(contents(fakes.seen(files=rows).rows(FileRow)))
        if not _own(s)
    ]


def _own(stanza: Stanza) -> bool:
    return (stanza.kind, stanza.name) == ("iface", NIC)


def as_rows(host: HostModel) -> list[Row]:
    return [fakes.file(path, content.decode()) for path, content in host.files.items()]


def turned(ending: str, *, cut: bool) -> Callable[[str], str]:
    """The same file with other line ends, the last of them missing if `cut`."""

    def turn(text: str) -> str:
        text = text.rstrip("\n") if cut else text
        return text.replace("\n", ending)

    return turn


@pytest.mark.parametrize(("name", "said"), REFUSED.items())
def test_what_cannot_last_or_be_carried_over_is_refused_by_its_own_words(
    name: str, said: str
) -> None:
    with pytest.raises(Refused, match=said) as refused:
        edit(files(name))
    assert refused.value.state == "nothing was written"


def test_a_stanza_that_a_boot_writes_anew_is_refused() -> None:
    main = fakes.file("/etc/network/interfaces", "source-directory /run/network/interfaces.d\n")
    made = fakes.file(f"/run/network/interfaces.d/{NIC}", f"auto {NIC}\niface {NIC} inet dhcp\n")
    with pytest.raises(Refused, match="is made anew at each boot"):
        edit([main, made])


def test_a_file_that_ifupdown_does_not_read_is_nobody_s_second_stanza() -> None:
    made = edit(files("source-directory"))
    assert made.path == "/etc/network/interfaces.d/lan"


@given(st.sampled_from(EDITABLE), endings, st.booleans(), foreign, foreign)
def test_the_edit_touches_the_nic_s_stanzas_and_its_undo_gives_every_byte_back(
    name: str,
    ending: str,
    cut: bool,  # noqa: FBT001
    above: str,
    below: str,
) -> None:
    # A line that should go on does so only where its backslash is the last of it.
    ending = "\n" if name == "continued" or "\\" in above + below else ending
    rows = files(name, turned(ending, cut=cut))
    path = edit(rows).path
    rows = [
        fakes.file(path, f"{above}{row['content']}" + ("" if cut else f"\n{below}"))
        if row["path"] == path
        else row
        for row in rows
    ]
    made, host = edit(rows), model(rows)
    (step,) = made.do()
    host.make(step)

    own = [s for s in stanzas(contents(fakes.seen(files=as_rows(host)).rows(FileRow))) if _own(s)]
    assert {(s.family, s.method) for s in own} == {("inet", "manual")}
    assert not ADDRESSING & {word for s in own for word, _ in s.options}
    assert others(as_rows(host)) == others(rows)
    first, last = made.edits[0].first, made.edits[-1].last
    was, now = (str(host.armed.files[path], "utf-8"), str(host.files[path], "utf-8"))  # type: ignore[union-attr]
    before, after = was.split("\n")[: first - 1], was.split("\n")[last:]
    assert now.split("\n")[: len(before)] == before
    assert now.split("\n")[len(now.split("\n")) - len(after) :] == after
    unlike = {p for p in host.files if host.files[p] != host.armed.files[p]}  # type: ignore[union-attr]
    assert unlike == {path}
    assert ("\r" in now) == ("\r" in was)

    for back in made.undo():
        host.make(back)
    assert host.files == host.armed.files  # type: ignore[union-attr]


@pytest.mark.parametrize("name", EDITABLE)
def test_the_nic_of_every_host_is_manual_and_edited_once(name: str) -> None:
    rows = files(name)
    host = model(rows)
    (step,) = edit(rows).do()
    host.make(step)
    assert list(manual_stanza(NIC, fakes.seen(files=as_rows(host)))) == []
