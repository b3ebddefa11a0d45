"""How the operator reaches the hosts: an ssh_config, a key, the hosts' own keys.

After this, plain ``ssh server-01`` works, and with it everything that speaks
SSH; the proxy command enters the operator's namespace, so no packet leaves
the lab.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from runbook.lab import machine, shell
from runbook.lab.names import OPERATOR, RUN, SSH_CONFIG, address

KEY = RUN / "ssh" / "key"
KNOWN_HOSTS = RUN / "ssh" / "known_hosts"
HOST = """\
Host {host}
    HostName {address}
    User root
    IdentityFile {key}
    IdentitiesOnly yes
    UserKnownHostsFile {known_hosts}
    StrictHostKeyChecking yes
    ProxyCommand {sudo}ip netns exec {operator} nc %h %p
"""


def make_key() -> str:
    """A key for this lab alone, owned by whoever called; the public half."""
    KEY.parent.mkdir(parents=True, exist_ok=True)
    shell.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "runbook-lab", "-f", str(KEY))
    owner = int(os.environ.get("SUDO_UID", "0")), int(os.environ.get("SUDO_GID", "0"))
    for path in (KEY, KEY.with_suffix(".pub")):
        os.chown(path, *owner)
    return KEY.with_suffix(".pub").read_text()


def write(hosts: Sequence[str]) -> None:
    """The ssh_config and the hosts' keys."""
    lines = [f"{address(host)} {machine.host_key(host)}\n" for host in hosts]
    # ssh may read it at this very moment.
    fresh = KNOWN_HOSTS.with_suffix(".new")
    fresh.write_text("".join(lines))
    fresh.replace(KNOWN_HOSTS)
    sudo = "sudo -n " if "SUDO_UID" in os.environ else ""
    told = [
        HOST.format(
            host=host,
            address=address(host),
            key=KEY,
            known_hosts=KNOWN_HOSTS,
            sudo=sudo,
            operator=OPERATOR,
        )
        for host in hosts
    ]
    SSH_CONFIG.parent.mkdir(parents=True, exist_ok=True)
    SSH_CONFIG.write_text(
        "# Written by `runbook lab up`, removed by `runbook lab down`.\n" + "".join(told)
    )


def remove() -> None:
    """The ssh_config away."""
    SSH_CONFIG.unlink(missing_ok=True)
