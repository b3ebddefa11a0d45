"""The plan reversed, as a POSIX shell script that a person can read and run.

Functions are made from the plan: `put_back_network` first, because it
is what brings the operator back; then `put_back_files`, which is also all that
a boot needs; then `put_back_rest`. Three more look whether all that is back. With
`put_back_plugs` libvirt is asked once more, where it did not answer before. The
helpers they call stand above them, in the script itself, so it depends on nothing
but Debian.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from importlib.resources import files

from runbook.apply.checkpoint import subject, undo_checks
from runbook.apply.checkpoint.layout import Layout
from runbook.apply.checkpoint.shell_lines import drop_line, raise_line, shell_lines
from runbook.common.printable import one_line
from runbook.plan.changes.aside import PutBack
from runbook.plan.changes.change import Change
from runbook.plan.changes.file_steps import MakeDir, RemoveDir, Restore
from runbook.plan.changes.guest_steps import Plug
from runbook.plan.changes.messages import Action, Route
from runbook.plan.changes.revert import RevertPart
from runbook.plan.changes.revert_steps import RaiseNetwork
from runbook.plan.changes.steps import DropAttached, DropNetwork, NeedNic, Netlink, Step
from runbook.plan.changes.sysctl import SetSysctl
from runbook.plan.changes.undo_parts import part_of
from runbook.plan.plan import Plan

# A firewall rule's comment may hold a dollar sign.
LITERALLY = "# shellcheck disable=SC2016 # what stands in quotes is meant to the letter"
ONCE = ("still_there network_is_back && return 0", "wake_libvirt")
Pairs = tuple[tuple[Change, Step], ...]


def undo_script(plan: Plan, *, change_id: str, title: str, machine_id: str) -> str:
    """The whole script; `title` says who armed it, when and what for.

    It runs on the machine of this id alone, in the change's own directory.
    """
    parts = (
        _heading(plan, change_id, title) + "\n" + _part("undo_usage.sh"),
        _belongs(plan.host, machine_id, Layout(change_id).directory),
        _part("undo_head.sh"),
        _part("undo_gate.sh"),
        *_functions(plan),
        _part("undo_tail.sh"),
    )
    return "\n".join(parts)


def revert_script(plan: Plan, change_id: str, machine_id: str, skipped: frozenset[str]) -> str:
    """The undo of a confirmed change, for its revert to run in parts; the `skipped` files stay.

    It takes the originals from that change's directory, and says what it does to the revert.
    """
    parts = (
        _heading(plan, change_id, "A revert of that change runs this.")
        + "\n"
        + _part("revert_usage.sh"),
        _belongs(plan.host, machine_id, Layout(change_id).directory),
        _part("undo_head.sh"),
        _part("revert_gate.sh"),
        *_functions(plan, skipped),
        _part("revert_tail.sh"),
    )
    return "\n".join(parts)


def _functions(plan: Plan, skipped: frozenset[str] = frozenset()) -> Iterator[str]:
    """The shell functions that are made of a plan."""
    pairs = plan.undo_steps()
    own = [f"announce {shlex.join(told)}" for told in plan.promise.announcements]
    network, rest = (
        tuple(pair for pair in pairs if part_of(*pair) == part) for part in ("network", "rest")
    )
    drops = any(isinstance(step, DropNetwork | RaiseNetwork) for _, step in pairs)
    restart = ["restart_libvirt"] if drops else []
    revert = any(isinstance(change, RevertPart) for change in plan.changes)
    # Made a second time, the steps of the confirmed change would cost packets.
    yield _function("put_back_network", [*(ONCE if revert else ()), *_lines(network)])
    plugs = tuple((change, step) for change, step in network if isinstance(step, Plug))
    yield _function("put_back_plugs", _lines(plugs))
    yield _function("put_back_files", _files(pairs, skipped))
    yield _function("put_back_rest", _lines(rest) + restart)
    yield _function("network_is_back", undo_checks.network_is_back(plan))
    yield _function("rest_is_back", undo_checks.rest_is_back(plan))
    yield _function("came_up", undo_checks.came_up(plan))
    yield _function("announce_address", own)
    yield _function("say_what_goes", list(_what_goes(plan)))


def _what_goes(plan: Plan) -> Iterator[str]:
    """What an undo of a change that has ended overwrites or takes away, beside files."""
    steps = [step for _, step in plan.undo_steps()]
    sent = (m for step in steps if isinstance(step, Netlink) for m in step.messages)
    back = dict.fromkeys(m.dst for m in sent if isinstance(m, Route) and m.action is Action.ENSURE)
    for drop in (step for step in steps if isinstance(step, DropNetwork)):
        nic = next((step.ifname for step in steps if isinstance(step, NeedNic)), "")
        yield f"goes_with {shlex.join((drop.bridge, nic, *back))}"
    for change in plan.changes:
        if isinstance(change, SetSysctl):
            path = undo_checks.sysctl_path(change.name)
            yield f"overwrites {shlex.join((change.name, path, change.value, change.value_before))}"


def restored_paths(plan: Plan) -> tuple[str, ...]:
    """The files whose originals the script needs, numbered by their place here."""
    steps = (step for _, step in plan.undo_steps())
    return tuple(dict.fromkeys(s.path for s in steps if isinstance(s, Restore | PutBack)))


def made_dirs(plan: Plan) -> tuple[str, ...]:
    """The directories that the script removes, if the change made them."""
    steps = (step for _, step in plan.undo_steps())
    return tuple(dict.fromkeys(s.path for s in steps if isinstance(s, RemoveDir)))


def file_number(path: str, paths: tuple[str, ...]) -> str:
    """The name of an original: its number and what it was called, to be read by people."""
    return f"{paths.index(path) + 1}-{path.rsplit('/', 1)[-1]}"


def _heading(plan: Plan, change_id: str, title: str) -> str:
    lines = (
        subject.of_plan(plan).line,
        f"This puts {plan.host} back as it was before change {change_id}.",
        title,
        *plan.promise.purpose,
        "",
    )
    return "#!/bin/sh\n" + "".join(f"# {one_line(line)}".rstrip() + "\n" for line in lines) + "#"


def _belongs(host: str, machine_id: str, place: str) -> str:
    own = {"host": host, "machine": machine_id, "place": place}
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in own.items())


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text().rstrip("\n") + "\n"


def _function(name: str, lines: list[str]) -> str:
    # A shell does not read a function that has comments alone.
    does = lines if any(not line.startswith("#") for line in lines) else [*lines, ":"]
    body = "".join(f"{line}\n" for line in does)
    return f"{LITERALLY}\n{name}() {{\n{body}}}\n"


def _files(pairs: Pairs, skipped: frozenset[str]) -> list[str]:
    back = {s.path: s for _, s in pairs if isinstance(s, Restore | PutBack)}
    paths = tuple(back)
    dirs = tuple(dict.fromkeys(s.path for _, s in pairs if isinstance(s, RemoveDir)))
    verbs = {p: "put_back" if isinstance(s, PutBack) else "restore" for p, s in back.items()}
    made = dict.fromkeys(s.path for _, s in pairs if isinstance(s, MakeDir))
    make = [f"make_dir {shlex.quote(path)}" for path in made]
    numbered = [(path, file_number(path, paths)) for path in paths if path not in skipped]
    restore = [f"{verbs[path]} {shlex.join((path, number))}" for path, number in numbered]
    remove = [f"remove_dir {shlex.join((d, file_number(d, dirs)))}" for d in dirs]
    networks = [drop_line(s) for _, s in pairs if isinstance(s, DropNetwork | DropAttached)]
    networks += [raise_line(s) for _, s in pairs if isinstance(s, RaiseNetwork)]
    at_boot = [f'if [ "$why" = boot ]; then {line}; fi' for line in networks]
    return [*make, *restore, *remove, *at_boot]


def _lines(pairs: Iterable[tuple[Change, Step]]) -> list[str]:
    lines: list[str] = []
    heading = ""
    for change, step in pairs:
        if change.title != heading:
            heading = change.title
            lines.append(f"# {one_line(heading)}")
        lines.extend(shell_lines(step))
    return lines
