"""All refusals of a plan in one, so that nobody meets them one run after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from runbook.common.errors import Refused


def refuse_together(host: str, checks: Iterable[Callable[[], object]]) -> None:
    """Make every check; raise one Refused with what each of them refused."""
    found = {error.what: error for error in map(_refusal, checks) if error is not None}
    if not found:
        return
    first, *more = found.values()
    if not more:
        raise first
    lines = "\n".join(f"  - {error.what}\n    {error.then}" for error in found.values())
    raise Refused(
        f"{len(found)} things keep the change from being planned:\n{lines}",
        host=host,
        then="do what each line says, then run again",
    )


def _refusal(check: Callable[[], object]) -> Refused | None:
    try:
        check()
    except Refused as refused:
        return refused
    return None
