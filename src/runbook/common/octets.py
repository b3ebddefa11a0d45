"""A host's files are bytes: bytes to text and back, without loss.

The syntax of a host's files is ASCII, so a byte that is not UTF-8 need not be understood.
But it must neither hide the rest of its file nor be changed. In the text it stands as one
lone surrogate (PEP 383, as Python does with file names).
"""

from __future__ import annotations

UTF8, OTHER = "utf-8", "surrogateescape"


def text_of(content: bytes) -> str:
    """The bytes as text."""
    return content.decode(UTF8, OTHER)


def bytes_of(text: str) -> bytes:
    """The bytes that `text_of` was given; a surrogate that no byte made is spelled out."""
    try:
        return text.encode(UTF8, OTHER)
    except UnicodeEncodeError:
        return text.encode(UTF8, "backslashreplace")


def coding_of(text: str) -> str:
    """`utf-8`, or `surrogateescape` where a byte is not."""
    return UTF8 if _is_utf8(text) else OTHER


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def valid_json(text: str) -> str:
    r"""JSON text with each lone surrogate spelled as ``\udc80``, so that the text is UTF-8.

    It is still the same JSON.
    """
    return text.encode(UTF8, "backslashreplace").decode()
