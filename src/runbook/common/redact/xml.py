"""Secrets taken out of libvirt's XML."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError, fromstring, tostring

from runbook.common.redact.names import REDACTED, is_secret
from runbook.common.redact.text import redact_text

# Whatever programs besides libvirt keep there.
_OF_OTHERS = "metadata"
_SECRET = "secret"  # noqa: S105 - the name of an element, and no secret
_KIND = "type"
# What a program in the guest is configured with: Ignition's and cloud-init's files, credentials.
_ENTRY = "entry"
# The parser leaves these out: comments, instructions to programs, and definitions of entities.
_UNPARSED = ("<!--", "<?", "<!DOCTYPE")


def redact_xml(text: str) -> str:
    """The document without secrets; unchanged if it has none."""
    try:
        # The XML comes from the host's libvirt, over the connection that may change the host.
        root = fromstring(text)  # noqa: S314
    except (ParseError, ValueError):
        return redact_text(text)
    before = tostring(root)
    _take_out(root)
    if before == tostring(root) and not any(sign in text for sign in _UNPARSED):
        return text
    return tostring(root, encoding="unicode").strip()


def _take_out(element: Element) -> None:
    name = _local(element.tag)
    if name == _OF_OTHERS:
        _empty(element)
        return
    withheld = is_secret(name) or name == _ENTRY
    for key, value in element.attrib.items():
        element.set(key, _value(value, withheld=is_secret(_local(key)) or _names(element, key)))
    if name == _SECRET:
        for key in element.attrib.keys() - {_KIND}:
            element.set(key, REDACTED)
    element.text = _value(element.text, withheld=withheld)
    element.tail = _value(element.tail, withheld=False)
    for inner in element:
        _take_out(inner)


def _names(element: Element, key: str) -> bool:
    """Whether it is the value in ``<parameter name='PASSWORD' value='...'/>``."""
    return key == "value" and is_secret(element.get("name", ""))


def _empty(element: Element) -> None:
    tail = element.tail
    if len(element) or (element.text or "").strip() or element.attrib:
        element.clear()
        element.text, element.tail = REDACTED, tail


def _value(value: str | None, *, withheld: bool) -> str:
    if not value or not value.strip():
        return value or ""
    return REDACTED if withheld else redact_text(value)


def _local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]
