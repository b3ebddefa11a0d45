"""Bytes as a shell script holds them."""

from __future__ import annotations

END = "RUNBOOK-END"


def heredoc(target: str, content: bytes) -> list[str]:
    """The lines that write `content`, whatever it is, to `target`, which is quoted already."""
    if _fits_heredoc(content):
        return [f"cat >{target} <<'{END}'", *content.decode().split("\n")[:-1], END]
    return [f": >{target}", *(f"printf '{word}' >>{target}" for word in _octal(content))]


def _fits_heredoc(content: bytes) -> bool:
    lines = content.split(b"\n")
    return (
        content.isascii()
        and lines[-1] == b""
        and not {END.encode(), b"\0"}
        & {
            *lines,
            content[content.find(b"\0") :][:1],
        }
    )


def _octal(content: bytes) -> list[str]:
    step = 64
    pieces = (content[at : at + step] for at in range(0, len(content), step))
    return ["".join(f"\\{byte:03o}" for byte in piece) for piece in pieces]
