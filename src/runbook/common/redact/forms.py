"""Finds secrets by their form, whatever their name is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runbook.common.redact.names import is_secret

Span = tuple[int, int]
# The option of curl and wget, at the end of others of one letter: -sSu.
_USER = r"(?:-[A-Za-z]{0,8}u|--(?:proxy-)?user)"
# The group of each is the secret itself.
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        # ssh://user:SECRET@host; a user alone is none.
        r"://[^\s/:@\"'<>]*:([^\s/\"'<>]+)@",
        # The options of curl and wget: -u user:SECRET, -u "user:SECRET".
        rf"(?<![\w-]){_USER}[ \t=]*\\?[\"'][^\s:\"']*:([^\"'\n]+)",
        rf"(?<![\w-]){_USER}[ \t=]*[^\s:\"'=-][^\s:\"']*:([^\s\"']\S*)",
        # Samba's: user=name%SECRET, -U name%SECRET.
        r"(?:-U|\buser(?:name)?)[ \t=]*\\?[\"']?[^\s%,\"']+%([^\s,\"']+)",
        r"\bbearer[ \t]+([\w.~+/=-]{8,})",
        r"\bsshpass[ \t]+-p[ \t]*(\S+)",
        # What crypt(3) makes of a password.
        r"(\$(?:[1567y]|2[abxy]|gy)\$[^\s:\"'$]+\$[^\s:\"']+)",
        # A JSON web token; tokens of GitHub, GitLab, Slack, AWS and OpenAI.
        r"\b(eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)",
        r"\b((?:gh[pousr]|github_pat|glpat|xox[abprs]|sk)[-_][\w-]{16,}|AKIA[0-9A-Z]{16})\b",
        # iw's: connect lan key 0:SECRET, d:1:SECRET.
        r"\bkeys?[ \t]+(?:d:)?\d:(\S+)",
        # net-snmp's: com2sec NAME SOURCE SECRET, createUser NAME SHA SECRET, trapsink HOST SECRET.
        r"\bcom2sec6?[ \t]+(?:-Cn[ \t]+\S+[ \t]+)?\S+[ \t]+\S+[ \t]+(\S+)",
        r"\bcreateUser[ \t]+(?:-e[ \t]+\S+[ \t]+)?\S+[ \t]+(\S.*)",
        r"\b(?:trap2?|inform)sink[ \t]+\S+[ \t]+(\S+)",
        # ip xfrm's and ip macsec's keys; strongSwan's.
        r"\b(?:enc|auth|aead|auth-trunc)[ \t]+\\?[\"']?[\w(),-]+\\?[\"']?[ \t]+(0x\w+)",
        r"\bkey[ \t]+[0-9a-f]{2,}[ \t]+([0-9a-f]{32,})\b",
        r":[ \t]*(?:EAP|XAUTH|NTLM|PIN|RSA|ECDSA|PKCS8|P12)[ \t]+(?:\S+[ \t]+)?\"([^\"]+)\"",
        # QEMU's -object secret; addresses of web hooks, which are all that one needs.
        r"\bsecret,(?:[^\s\"']*,)?data=([^,\s\"'<>]+)",
        r"\bapi\.telegram\.org/bot(\d+:[\w-]+)",
        r"\b(?:hooks\.slack\.com/services|discord(?:app)?\.com/api/webhooks)/([^\s\"'<>]+)",
    )
)
_BEGIN = re.compile(r"-----BEGIN (?:[A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?|OpenVPN Static key V\d)-----")
# OpenVPN's blocks: <secret>, <auth-user-pass>.
_OPENS = re.compile(r"<([\w-]+)>[ \t]*\n")
_LONGEST_BLOCK = 1 << 14
_END = re.compile(r"-----END |[\"']")
# A line of a private key: base64, a header of an old one, or empty. In a comment too.
_BODY = re.compile(r"[ \t#;|>]*(?:[A-Za-z0-9+/=]+|[A-Za-z-]+: [\w,-]+)?[ \t\r]*")


def spans(line: str) -> Iterator[Span]:
    """Where on a line there is something of these forms."""
    for form in _FORMS:
        yield from (found.span(1) for found in form.finditer(line))


def key_spans(text: str) -> Iterator[Span]:
    """Where there are private keys, without the lines that begin and end each."""
    for begin in _BEGIN.finditer(text):
        yield begin.end(), _end_of_key(text, begin.end())


def block_spans(text: str) -> Iterator[Span]:
    """Where there are lines between the tags of a secret's name."""
    for opened in _OPENS.finditer(text):
        if is_secret(opened[1]):
            start = opened.end()
            end = text.find(f"</{opened[1]}>", start, start + _LONGEST_BLOCK)
            if end > start:
                yield start, end


def _end_of_key(text: str, start: int) -> int:
    """The end on the same line, or behind all lines that look like a key."""
    at = _end_of_line(text, start)
    end = _END.search(text, start, at)
    if end:
        return end.start()
    while at < len(text) and _BODY.fullmatch(text, at + 1, _end_of_line(text, at + 1)):
        at = _end_of_line(text, at + 1)
    return at


def _end_of_line(text: str, start: int) -> int:
    found = text.find("\n", start)
    return len(text) if found < 0 else found
