"""Secrets taken out of text, line by line; every line stays, and so do the lines' numbers.

Each secret becomes the same few letters, whatever it was: who reads a record learns that there
is one, and neither how long it is nor whether it changed. A file's digest tells that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from runbook.common.redact import commands, forms
from runbook.common.redact.below import below
from runbook.common.redact.names import REDACTED, is_secret
from runbook.common.redact.values import LogicalLine, Span, is_value

# What every secret that can be found has in it or beside it; most text has none of it.
_ANYWHERE = (
    r"pass|psk|secret|token|credential|auth|pin|pw|cookie|community|key|bearer|://"
    r"|-u|--user|--proxy-user|\$|eyJ|gh|glpat|xox|sk|AKIA|_cak"
)
_WORDS = (
    r"snmp|com2sec|createuser|trap|inform|ipmi|ldap|redis|mosq|mysql|maria|openssl|curl|wget"
    r"|nsup|dig|rndc|smb|rpc|net|lftp|echo|printf|user|enc|aead|cak|eap|xauth|ntlm|ec?d?sa|rc?d?sa"
    r"|p12|pkcs"
)
# Where each hint begins with a letter, Python's search goes by these letters, which takes half of
# the time. That a word begins there is asked behind its first letter.
_BEGIN = (rf"{word[0]}(?<=\b{word[0]}){word[1:]}" for word in _WORDS.split("|"))
_HINTS = "|".join((_ANYWHERE, *_BEGIN))
_HINT = re.compile(_HINTS, re.IGNORECASE)
# To look in ASCII that is made small letters takes a third of the time.
_SMALL_HINT = re.compile(_HINTS.lower())
_NAME = re.compile(r"[A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*")
# Alone it is too common a word; with a value it is netplan's and WireGuard's.
_KEY = re.compile(r"(?<![\w.-])keys?(?=[\"']?[ \t]*[:=])", re.IGNORECASE)
# A parser's token, as in "unclosed token: line 3".
_SYNTAX = re.compile(r"(?:unclosed|unexpected|invalid|illegal|bad) token\Z")
_PUBLIC = re.compile(r"(?:public|host|ssh)[ _-]\Z", re.IGNORECASE)
_COMMENT = re.compile(r"[ \t]*[#;]+")
# As iptables-save writes a rule and a chain. It knows double quotes only, and a backslash in them.
_RULE = re.compile(
    r"(?:\[\d+:\d+\] )?-A \S+(?: [-!]|\s*\Z)|-P \S+ [A-Z]+\s*\Z|-N \S+\s*\Z"
    r"|:\S+ (?:-|ACCEPT|DROP|QUEUE|RETURN)(?: \[|\s*\Z)"
)
_RULE_WORD = re.compile(r'(?:"(?:\\.|[^"\\])*"|[^\s"])+')
_GOES_ON = ("\\\n", "\\\r\n")
_PIECE = re.compile(r"(?m)^([ \t\r]*)(?!\\?\r?$)([^ \t\r\n].*?)([ \t\r]*(?:\\\r?(?=\n))?)$")
# Of a longer line everything goes from the first thing on that looks like a secret.
_LONGEST = 8192
# What was taken out can be the end of something else.
_MOST_ROUNDS = 4


def redact_text(text: str) -> str:
    """Text out of a host's files, commands and logs; idempotent, and never an error."""
    return _redacted(text, prose=False)


def redact_prose(text: str) -> str:
    """Text for people, in which "password" is also a word: errors, consoles, what cells print."""
    return _redacted(text, prose=True)


def redact_bytes(content: bytes) -> bytes:
    """A file's content without secrets, in any encoding that contains ASCII."""
    return redact_text(content.decode("latin-1")).encode("latin-1")


def without(text: str, secrets: tuple[str, ...]) -> str:
    """The text with every occurrence of known secrets taken out."""
    for secret in secrets:
        text = text.replace(secret, REDACTED)
    return text


def _redacted(text: str, *, prose: bool) -> str:
    if "\0" in text:
        return _unreadable(text, prose=prose)
    for _ in range(_MOST_ROUNDS):
        if not _has_hint(text):
            break
        before, text = text, _cut(text, sorted(_spans(text, prose=prose)))
        if before == text:
            break
    return text


def _has_hint(text: str) -> bool:
    """Whether a secret may be in it."""
    match = _SMALL_HINT.search(text.lower()) if text.isascii() else _HINT.search(text)
    return match is not None


def _unreadable(text: str, *, prose: bool) -> str:
    """Text that has NULs in it, as UTF-16 has: every line goes where any has a secret."""
    bare = text.replace("\0", "")
    return text if _redacted(bare, prose=prose) == bare else _cut(text, [(0, len(text))])


def _cut(text: str, spans: list[Span]) -> str:
    """The text without the spans; what overlaps is one."""
    parts, at = [], 0
    for start, end in _merged(spans):
        # A newline behind it says that a backslash at its end is none of the secret.
        behind = end + text.startswith("\n", end)
        parts += [text[at:start], _PIECE.sub(rf"\1{REDACTED}\3", text[start:behind])]
        at = behind
    return "".join((*parts, text[at:]))


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif end > start:
            merged.append((start, end))
    return merged


def _spans(text: str, *, prose: bool) -> Iterator[Span]:
    yield from forms.key_spans(text)
    yield from forms.block_spans(text)
    for start, end in _logical(text):
        if _HINT.search(text, start, end):
            inner = _of_line(text[start:end], prose=prose)
            yield from ((start + a, start + b) for a, b in inner)
            if not prose:
                yield from below(text, start, end)


def _logical(text: str) -> Iterator[Span]:
    """Each line with those that it goes on in; a comment does not go on."""
    start = at = 0
    while at < len(text):
        comment = at == start and _COMMENT.match(text, start)
        at = text.find("\n", at) + 1 or len(text)
        if comment or at == len(text) or not text.endswith(_GOES_ON, start, at):
            yield start, at
            start = at


def _of_line(text: str, *, prose: bool) -> Iterator[Span]:
    if len(text) > _LONGEST and (hint := _HINT.search(text)):
        yield hint.start(), len(text)
        return
    if _RULE.match(text):
        yield from _of_rule(text)
    else:
        yield from _of_words(text, prose=prose)


def _of_rule(text: str) -> Iterator[Span]:
    """Word by word, so that it stays a rule: most secrets in one are in a comment, in quotes."""
    before = ""
    for word in _RULE_WORD.finditer(text):
        if is_value(before, word[0]):
            yield word.span()
        else:
            inner = _of_words(word[0], prose=False)
            yield from ((word.start() + a, word.start() + b) for a, b in inner)
        before = word[0] if word[0].strip("=:\\") else before


def _of_words(text: str, *, prose: bool) -> Iterator[Span]:
    yield from forms.spans(text)
    yield from commands.spans(text)
    line = LogicalLine(text.rstrip("\n"), prose)
    for found in _NAME.finditer(line.text):
        if not is_secret(found[0]) or (prose and _SYNTAX.search(text, 0, found.end())):
            continue
        if span := line.value(*found.span()):
            yield span
    for found in () if prose else _KEY.finditer(line.text):
        if not _PUBLIC.search(line.text, 0, found.start()) and (span := line.value(*found.span())):
            yield span
