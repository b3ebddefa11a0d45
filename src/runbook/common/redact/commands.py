"""Secrets in command lines where only the program tells: ``ipmitool -P SECRET``."""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]
_VALUE = r"(\\?[\"'][^\"'\n]*|[^\s\"'|;&]+)"
# By the program, the options whose value is a secret; 'attached': it has no blank before it.
_OPTIONS = tuple(
    (
        re.compile(rf"(?<![\w.-])(?:{program})[ \t][^|;&\n]*"),
        re.compile(rf"(?<=[ \t])-(?:{option}){blanks}{_VALUE}"),
    )
    for program, option, blanks in (
        (r"snmp(?!d\b|trapd\b)\w+", "[cAX]", r"[ \t]*"),
        ("ipmitool", "[Pky]", r"[ \t]*"),
        (r"ldap\w+", "w", r"[ \t]*"),
        ("redis-cli", "a", r"[ \t]+"),
        (r"mosquitto_\w+", "P", r"[ \t]+"),
        (r"mysql\w*|mariadb[\w-]*", "p", ""),
        ("openssl", "[kK]", r"[ \t]+"),
        ("curl|wget", "b", r"[ \t]*"),
        ("nsupdate|dig|rndc", "y", r"[ \t]*"),
        ("smbclient|rpcclient|net", "U", r"[ \t]*"),
        ("lftp", "u", r"[ \t]*"),
    )
)
# What is printed into a program that reads a secret.
_PIPED = re.compile(
    r"(?<![\w.-])(?:echo|printf)[ \t]+((?:[^|;&\n\"']|\"[^\"\n]*\"|'[^'\n]*')+?)[ \t]*\|[ \t]*"
    r"(?:sudo[ \t]+-S|(?:sudo[ \t]+)?[\w./-]*"
    r"(?:wg|chpasswd|passwd|smbpasswd|cryptsetup|gpg|openssl|htpasswd|kinit|ipsec"
    r"|wpa_passphrase|wpa_cli|iwctl|nmcli|openvpn|openconnect|vpnc|sshpass)\b)"
)


def spans(line: str) -> Iterator[Span]:
    """Where on a line a program is told a secret."""
    for program, option in _OPTIONS:
        for command in program.finditer(line):
            yield from (found.span(1) for found in option.finditer(line, *command.span()))
    yield from (found.span(1) for found in _PIPED.finditer(line))
