"""A guest's change and its undo as one POSIX shell script, which a person can read and run.

It runs in whatever sh a guest has, busybox's too, and needs nothing but the
guest's own tools.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from importlib.resources import files

from runbook.common.printable import one_line
from runbook.guest.configure.guest_edit import Argv, GuestEdit
from runbook.guest.undo import layout
from runbook.guest.undo.heredoc import heredoc
from runbook.transport.guest.shell import PATH

ALREADY_ARMED, STALE, LATE, ENDED = 41, 42, 43, 44
# With less, the undo would come into the middle of the change.
SHORTEST_S = 5


def change_script(edit: GuestEdit, change_id: str, guest: str) -> str:
    """The script that stands in the guest as `undo`."""
    numbered = tuple(enumerate((file.path for file in edit.files), start=1))
    stop = [f"stop_clients {shlex.quote(edit.ifname)}"] if edit.manager == "ifupdown" else []
    regenerate = ["run netplan generate"] if edit.manager == "netplan" else []
    return "\n".join(
        (
            _heading(edit, change_id, guest),
            _part("change.sh"),
            _function("down", [*(f"{_run(argv)} || :" for argv in edit.down), *stop]),
            _function("up", [" &&\n    ".join(_run(argv) for argv in edit.up)] if edit.up else []),
            _function("put_new", _puts("new", numbered)),
            _function("put_back", _puts("originals", numbered)),
            _function("regenerate", regenerate),
            _function("home", _home(edit)),
            _function("carrier", _carrier(edit)),
            _part("change_tail.sh"),
        )
    )


def setup_script(edit: GuestEdit, change_id: str, until: int, script: str) -> str:
    """What is run once in the guest to put all of it in place; `until` is an uptime in seconds.

    It ends with ALREADY_ARMED, STALE or LATE where it cannot. The lock is taken last:
    there is never one without a complete directory and a running timer.
    """
    lines = [
        "set -eu",
        "umask 077",
        f"PATH={PATH} LC_ALL=C; export PATH LC_ALL; cd /",
        f"root={layout.ROOT} id={shlex.quote(change_id)}",
        'here=$root/$id; mkdir -p "$root"',
        f'if [ -L {layout.ARMED} ] || ! mkdir "$here" 2>/dev/null; then exit {ALREADY_ARMED}; fi',
        "leave() {",
        f'    [ "$(readlink {layout.ARMED})" = "$id" ] && return',
        '    rm -rf -- "$here"',
        f"    [ -L {layout.ARMED} ] || rm -f -- {layout.UNIT} {layout.WANTS} {layout.HOOK}",
        "}",
        "trap leave EXIT",
        'mkdir "$here/originals" "$here/new"',
        'cat /proc/sys/kernel/random/boot_id >"$here/boot"',
        f"stale() {{ exit {STALE}; }}",
    ]
    for number, file in enumerate(edit.files, start=1):
        lines += _original(number, file.path, file.before)
        lines += heredoc(f'"$here/new/{number}"', file.after)
        lines.append(f'chmod {file.mode:o} "$here/new/{number}"')
    lines += heredoc('"$here/undo"', script.encode())
    lines.append('chmod 700 "$here/undo"; sh -n "$here/undo"')
    lines += _timer(until)
    lines += _boot(edit)
    lines += [
        "sync",
        f'ln -s "$id" {layout.ARMED} || exit {ALREADY_ARMED}',
        "sync",
        'echo "armed: undone in $left s unless confirmed" >>"$here/journal"',
        "if [ -d /run/systemd/system ]; then echo systemd; fi",
    ]
    return "".join(f"{line}\n" for line in lines)


def _original(number: int, path: str, before: bytes | None) -> list[str]:
    copy, quoted = f'"$here/originals/{number}"', shlex.quote(path)
    if before is None:
        return [f"if [ -e {quoted} ]; then stale; fi", f': >"$here/originals/{number}.absent"']
    return [
        # The file itself where it is a link, with all that belongs to it.
        f'cp -a -- "$(readlink -f -- {quoted})" {copy} || stale',
        *heredoc('"$here/expected"', before),
        f'cmp -s {copy} "$here/expected" || stale',
        'rm -f "$here/expected"',
    ]


def _timer(until: int) -> list[str]:
    return [
        *_part("timer.sh").splitlines(),
        f'moment={until}; echo "$moment" >"$here/moment"',
        "left=$((moment - $(cut -d. -f1 /proc/uptime)))",
        f'if [ "$left" -lt {SHORTEST_S} ]; then exit {LATE}; fi',
        'echo "$left" >"$here/left"',
        "start_timer",
    ]


def later_script() -> str:
    """What moves the undo of a change that stands in the guest: ``sh -s DIRECTORY UPTIME``.

    It ends with ENDED where nothing is armed any more, LATE where that is too soon.
    """
    codes = f"ENDED={ENDED} LATE={LATE} SHORTEST={SHORTEST_S}\n"
    return "".join((codes, _part("timer.sh"), _part("later_tail.sh")))


def _boot(edit: GuestEdit) -> list[str]:
    """What undoes an unconfirmed change at a reboot."""
    hook = [
        "elif [ -d /etc/network ]; then",
        "    mkdir -p /etc/network/if-up.d",
        *heredoc(layout.HOOK, layout.HOOK_TEXT.encode()),
        f"    chmod 755 {layout.HOOK}",
    ]
    return [
        "if [ -d /run/systemd/system ]; then",
        *heredoc(layout.UNIT, layout.UNIT_TEXT.encode()),
        f"    chmod 644 {layout.UNIT}",
        f"    mkdir -p {layout.WANTS.rpartition('/')[0]}",
        f"    ln -sf {layout.UNIT} {layout.WANTS}",
        *(hook if edit.manager == "ifupdown" else []),
        "fi",
    ]


def _heading(edit: GuestEdit, change_id: str, guest: str) -> str:
    lines = (
        f"This puts guest {guest} back as it was before change {change_id},",
        f"which gives {edit.ifname} an address on the LAN by way of {edit.manager}.",
        *(f"It writes {file.path}" for file in edit.files),
    )
    return "#!/bin/sh\n" + "".join(f"# {one_line(line)}\n" for line in lines) + "#"


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text()


def _run(argv: Argv) -> str:
    return f"run {shlex.join(argv)}"


def _puts(folder: str, numbered: Iterable[tuple[int, str]]) -> list[str]:
    lines = [f"put {folder}/{number} {shlex.quote(path)} || bad=1" for number, path in numbered]
    return ["bad=0", *lines, 'return "$bad"']


def _home(edit: GuestEdit) -> list[str]:
    """Whether the NIC has an address of the network that lent it one; yes where none did."""
    if not edit.home:
        return []
    pattern = shlex.quote(f"^{re.escape(edit.home)} ")
    return [f"ip -4 route show dev {shlex.quote(edit.ifname)} 2>/dev/null | grep -q {pattern}"]


def _carrier(edit: GuestEdit) -> list[str]:
    """A cable pulled and plugged in again: what a manager that has no `down` asks anew at."""
    if not edit.home or edit.down:
        return []
    link = f"run ip link set dev {shlex.quote(edit.ifname)}"
    return [f"{link} down", f"{link} up"]


def _function(name: str, lines: list[str]) -> str:
    body = "".join(f"    {line}\n" for line in lines) or "    :\n"
    return f"{name}() {{\n{body}}}\n"
