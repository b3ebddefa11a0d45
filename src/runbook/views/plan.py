"""A plan on one screen: what it comes to, the edited files, a line a step; texts and undo folded.

In a log it is the same without what is folded, which is in the run folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from runbook.common import octets
from runbook.plan.changes.change import Change
from runbook.plan.changes.file_steps import EditFile, WriteFile
from runbook.plan.changes.guest.configuration import Reconfigure
from runbook.plan.changes.steps import Command, Netlink, Step
from runbook.plan.forecast import after_plan
from runbook.plan.forecast.summary import Summary, summary
from runbook.plan.plan import NOTHING_TO_UNDO, Plan
from runbook.state.snapshot import Snapshot
from runbook.views.boot import edits
from runbook.views.page.picture import Picture, plain, safe, stack
from runbook.views.tables import counted

PHASE_WIDTH = 8
# Of a digest, as many letters as a person compares.
SHORT = 12
REST = "What each change replaces, what it makes, and its undo"


def plan(drawn_plan: Plan, before: Snapshot) -> Picture:
    """The numbers, the diff of each edited file, then the steps in order."""
    diffs = edits((*after_plan.diffs(drawn_plan, before), *_inside(drawn_plan)))
    parts = (_head(drawn_plan, before), diffs, _steps(drawn_plan), _folded(drawn_plan))
    return stack(part for part in parts if part.text)


def _inside(drawn_plan: Plan) -> Iterator[str]:
    """The diff of each file that is edited in a guest."""
    for change in drawn_plan.changes:
        if isinstance(change, Reconfigure):
            _, *files = re.split(r"^--- (?=/)", change.new, flags=re.MULTILINE)
            for file in files:
                path, _, lines = file.partition("\n")
                yield f"+++ {path} in {change.guest}\n{lines}"


def plan_in_words(drawn_plan: Plan, before: Snapshot) -> str:
    """What the plan comes to, in one line."""
    told = summary(drawn_plan, before)
    until = f"undone after {told.deadline_s} s unless confirmed"
    return f"{', '.join(_counts(told))}; {until}"


def _counts(told: Summary) -> Iterator[str]:
    files = [(len(told.new), "file new", "files new"), (len(told.edited), "edited", "edited")]
    yield from (f"{number} {one if number == 1 else many}" for number, one, many in files if number)
    others = {
        "network": len(told.networks),
        "guest": len(told.guests),
        "sysctl": len(told.sysctls),
        "firewall rule": told.rules,
        "step": told.steps,
    }
    yield from (counted(number, unit) for unit, number in others.items() if number)


def _head(drawn_plan: Plan, before: Snapshot) -> Picture:
    """In a log with the whole digest; on the page with as much of it as the question shows."""
    words = plan_in_words(drawn_plan, before)
    body = f'<p class="rb-say rb-note"><b>Plan {drawn_plan.digest[:SHORT]}: {safe(words)}</b></p>'
    return Picture(body, plain(f"Plan: {words}\nplan digest {drawn_plan.digest}"))


def _steps(drawn_plan: Plan) -> Picture:
    lines, last = [], None
    for numbered in drawn_plan.steps():
        first = numbered.change is not last
        words, inside = _line(numbered.step)
        what = f"{numbered.change.title}: {words}" if first else words
        lines.append(_drawn(numbered.number, numbered.change.phase, what, inside))
        last = numbered.change
    body = "".join(picture.body for picture in lines)
    return Picture(
        f'<ol class="rb-plan" aria-label="Steps of the plan">{body}</ol>',
        "\n".join(picture.text for picture in lines),
    )


def _line(step: Step) -> tuple[str, str]:
    """A step in one line, and the text that is folded into it; '' for none."""
    told = step.describe()
    match step:
        case WriteFile():
            return told, octets.text_of(step.content)
        case Command(stdin=given) if given:
            return told, octets.text_of(given)
        case EditFile():
            return told.replace("\n", "; "), ""
        case Netlink(messages=messages) if len(messages) > 1:
            return f"{len(messages)} netlink messages", told
        case _:
            head, _, more = told.partition("\n")
            return (f"{head} …", told) if more else (head, "")


def _drawn(number: int, phase: str, action: str, inside: str) -> Picture:
    cells = (
        f'<span class="rb-n">{number}</span><span>{safe(phase)}</span><span>{safe(action)}</span>'
    )
    shown = f'<div class="rb-step">{cells}</div>'
    if inside:
        fold = f'<summary class="rb-step">{cells}</summary>{_text(inside, action)}'
        shown = f"<details>{fold}</details>"
    line = f"{number:>3}  {phase.ljust(PHASE_WIDTH)}  {plain(action)}"
    return Picture(f"<li>{shown}</li>", line)


def _text(text: str, name: str) -> str:
    """A text that scrolls by itself."""
    return f'<pre tabindex="0" role="region" aria-label="{safe(name)}">{safe(text)}</pre>'


def _folded(drawn_plan: Plan) -> Picture:
    """Nothing of it in a log: there it is plan.json that says it."""
    told = "\n\n".join(_change(change) for change in drawn_plan.changes)
    body = f"<details><summary>{REST}</summary>{_text(told, REST)}</details>"
    return Picture(
        f'<div class="rb-said">{body}</div>', f"({REST.lower()}: plan.json in the run folder)"
    )


def _change(change: Change) -> str:
    undo = "\n".join(step.describe() for step in change.undo()) or NOTHING_TO_UNDO
    parts = (("before", change.before), ("after", change.after), ("undo", undo))
    return "\n".join([change.title, *_lines(parts)])


def _lines(parts: Sequence[tuple[str, str]]) -> Iterable[str]:
    for name, text in parts:
        head, *rest = text.splitlines() or [""]
        yield f"  {name:<7} {head}"
        yield from (f"  {'':<7} {line}" for line in rest)
