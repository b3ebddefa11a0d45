"""What a boot would do, and the edits of the files that it reads."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from runbook.views.page.picture import Picture, plain, safe, stack, title
from runbook.views.tables import Look, table

TONES = {"+": "rb-added", "-": "rb-removed", "@": "rb-changed"}


def boot(rows: pd.DataFrame, caption: str) -> Picture:
    """Rows with the columns order, what, reads, wanted, does, kept, required, then."""
    shown = pd.DataFrame(
        [
            (_mark(kept=bool(r["kept"]), required=bool(r["required"])), *_told(r))
            for r in rows.to_dict("records")
        ],
        columns=["", "order", "what", "reads", "does", "needed"],
    )
    colours = pd.DataFrame("", index=shown.index, columns=shown.columns)
    tones = {"✓": "rb-added", "✗": "rb-removed", "!": "rb-changed"}
    colours[""] = [tones[mark[0]] for mark in shown[""]]
    return table(shown, Look(caption, classes=colours, limit=len(shown)))


def _told(row: dict[object, object]) -> tuple[object, ...]:
    needed = "" if row["kept"] else f"{row['wanted']}; {row['then']}"
    return (row["order"], row["what"], row["reads"], row["does"], needed)


def _mark(*, kept: bool, required: bool) -> str:
    if kept:
        return "✓"
    return "✗" if required else "!"


def edits(diffs: Iterable[str]) -> Picture:
    """Unified diffs, a colour for what comes and one for what goes."""
    return stack(_edit(diff) for diff in diffs)


def _edit(diff: str) -> Picture:
    lines = [line for line in diff.split("\n") if not line.startswith(("---", "+++"))]
    path = next((line[4:] for line in diff.split("\n") if line.startswith("+++ ")), "")
    body = "".join(f'<div class="{TONES.get(ln[:1], "")}">{safe(ln)}</div>' for ln in lines)
    head = title(f"{path}, before (-) and after (+)")
    drawn = Picture(f'<div class="rb-diff">{body}</div>', "\n".join(plain(ln) for ln in lines))
    return stack((head, drawn))
