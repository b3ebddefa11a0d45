"""What configures an interface that has no stanza of its own, where that can be told."""

from __future__ import annotations

from runbook.common import shell_pattern
from runbook.state.files import FileRow, contents
from runbook.state.links import LinkRow
from runbook.state.snapshot import Snapshot
from runbook.state.syntax.ifupdown import INTERFACES, Stanza, parse, reached, stanzas, words

FOLDER = "/etc/network/"


def configured_by(nic: str, snapshot: Snapshot) -> tuple[str, str]:
    """What configures the NIC instead, and what to do about it."""
    every = stanzas(contents(snapshot.rows(FileRow)))
    mappings = [s for s in every if s.kind == "mapping" and nic in s.name.split()]
    if mappings:
        shown = f"; a script decides by `mapping {mappings[0].name}` in {mappings[0].path}"
        return shown, f"take the mapping out, and write one stanza `iface {nic} inet` in its place"
    if logical := _logical(nic, every):
        stanza, word = logical
        shown = f"; `{stanza.kind} {word}` in {stanza.path} gives it a stanza of another name"
        return shown, f"call the stanza `iface {nic} inet`, and write `{stanza.kind} {nic}`"
    link = snapshot.find(LinkRow, nic)
    altnames = link.altnames.split() if link else []
    if called := next((s for s in every if s.kind == "iface" and s.name in altnames), None):
        shown = f"; {called.path}:{called.first} has one for {called.name}, another name of {nic}"
        return shown, f"call the stanza and its `auto` line {nic}"
    if unread := _unread(nic, snapshot):
        shown = f"; {unread} has one, and ifupdown does not read that file"
        return shown, f"`source` it in {INTERFACES}; then `ifquery {nic}` shows the stanza"
    then = "configure the NIC in one stanza of /etc/network/interfaces, or of a file it sources"
    return "", then


def _logical(nic: str, every: tuple[Stanza, ...]) -> tuple[Stanza, str] | None:
    """The stanza that has ifupdown take another name for the NIC (`auto eth0=home`), and the word.

    A mapping is another way to the same.
    """
    starts = (s for s in every if s.kind == "auto" or s.kind.startswith("allow-"))
    named = ((s, word) for s in starts for word in words(s.name) if "=" in word)
    return next(
        ((s, w) for s, w in named if shell_pattern.matches(nic, w.partition("=")[0].strip("/"))),
        None,
    )


def _unread(nic: str, snapshot: Snapshot) -> str:
    """A file with a stanza of the NIC that ifupdown does not come to; '' if there is none."""
    texts = contents(snapshot.rows(FileRow))
    others = (path for path in texts if path.startswith(FOLDER) and path not in reached(texts))
    return next(
        (
            path
            for path in others
            if any((s.kind, s.name) == ("iface", nic) for s in parse(path, texts[path]))
        ),
        "",
    )
