"""A Debian guest of the lab looked into by its agent, with nothing of the package under test."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from runbook.lab import machine

# All that a guest is configured by: each file's and link's name, mode, owner and content.
_ETC = """\
cd /etc
find . -type l -exec stat -c '%n %N' {} +
find . -type f -exec stat -c '%n %a %u:%g' {} + -exec sha256sum {} +
"""
# What DHCP counts down is no difference.
_LIVE = """\
ip -4 -oneline address show | sed 's/ valid_lft.*//'
ip -4 route show
cat /etc/resolv.conf
"""


def ask(host: str, name: str, command: str, **arguments: object) -> Any:  # noqa: ANN401
    """What the agent answers (https://qemu-project.gitlab.io/qemu/interop/qemu-ga-ref.html)."""
    asked = json.dumps({"execute": command, "arguments": arguments})
    done = machine.run(host, ("virsh", "qemu-agent-command", name, asked))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["return"]


def run(host: str, name: str, *argv: str) -> str:
    """What a command shows that the agent runs, errors too."""
    more = {"capture-output": True}
    started = ask(host, name, "guest-exec", path=argv[0], arg=argv[1:], **more)
    while not (told := ask(host, name, "guest-exec-status", pid=started["pid"]))["exited"]:
        time.sleep(0.2)
    shown = base64.b64decode(told.get("out-data", "")) + base64.b64decode(told.get("err-data", ""))
    return shown.decode()


def shell(host: str, name: str, script: str) -> str:
    """The same of a shell's script."""
    path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin; export PATH\n"
    return run(host, name, "/bin/sh", "-c", path + script)


def etc(host: str, name: str) -> list[str]:
    """Everything below /etc, to the byte."""
    return sorted(shell(host, name, _ETC).splitlines())


def live(host: str, name: str) -> str:
    """Addresses, routes and name servers as they are now."""
    return shell(host, name, _LIVE)
