"""Where a change keeps its things in a guest, and what there watches over it.

``/var/lib/runbook/armed-inside`` links to the change in progress: a guest that is a
host of its own has ``armed`` for its own changes. ``end`` in the change's directory
links to ``confirmed`` or ``undone``: making it is one atomic operation, so of a
confirmation and an undo one comes first.
"""

from __future__ import annotations

from runbook.transport.guest.shell import PATH

ROOT = "/var/lib/runbook"
ARMED = f"{ROOT}/armed-inside"
UNIT = "/etc/systemd/system/runbook-inside.service"
WANTS = "/etc/systemd/system/sysinit.target.wants/runbook-inside.service"
HOOK = "/etc/network/if-up.d/runbook-inside"

UNIT_TEXT = f"""\
# Puts the files of an unconfirmed network change back before the network starts.
[Unit]
Description=Undo an unconfirmed network change
DefaultDependencies=no
ConditionPathIsSymbolicLink={ARMED}
RequiresMountsFor={ROOT}
After=local-fs.target systemd-remount-fs.service
Before=sysinit.target network-pre.target networking.service systemd-networkd.service
Before=NetworkManager.service cloud-init-local.service shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
ExecStart=/bin/sh {ARMED}/undo boot
"""

# ifupdown has read its file by the time it runs this, and so the undo comes after it.
HOOK_TEXT = f"""\
#!/bin/sh
# Undoes an unconfirmed network change after a reboot.
PATH={PATH}
LC_ALL=C
export PATH LC_ALL
cd /
[ -L {ARMED} ] || exit 0
[ "$(cat {ARMED}/boot)" = "$(cat /proc/sys/kernel/random/boot_id)" ] && exit 0
here=$(readlink -f {ARMED})
setsid /bin/sh "$here/undo" late </dev/null >>"$here/log" 2>&1 &
"""


def directory(change_id: str) -> str:
    """The change's own directory in the guest."""
    return f"{ROOT}/{change_id}"


def undo_path(change_id: str) -> str:
    """The script to run by hand at the guest's console: ``sh PATH``."""
    return f"{directory(change_id)}/undo"
