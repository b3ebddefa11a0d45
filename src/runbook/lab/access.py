"""How the operator reaches the hosts: an ssh_config, a key, the hosts' own keys.

After this, plain ``ssh server-01`` works, and with it everything that speaks
SSH. A door for each host, a socket that listens in the operator's namespace,
leads to its port 22: no packet leaves the lab, and whoever called `sudo
runbook lab up` gets there without sudo, which a notebook could not answer.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from runbook.lab import machine, shell
from runbook.lab.names import IN_USE, OPERATOR, RUN, SSH_CONFIG, address

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
    ProxyCommand nc -U {doors}/%h
"""
DOOR_S = 10.0


def make_key() -> str:
    """A key for this lab alone, owned by whoever called; the public half."""
    KEY.parent.mkdir(parents=True, exist_ok=True)
    shell.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "runbook-lab", "-f", str(KEY))
    for path in (KEY, KEY.with_suffix(".pub")):
        _hand_over(path)
    return KEY.with_suffix(".pub").read_text()


def write(hosts: Sequence[str]) -> None:
    """The ssh_config, the hosts' keys and the doors to them."""
    lines = [f"{address(host)} {machine.host_key(host)}\n" for host in hosts]
    _replace(KNOWN_HOSTS, "".join(lines))
    open_doors(hosts)
    told = [
        HOST.format(
            host=host,
            address=address(host),
            key=KEY,
            known_hosts=KNOWN_HOSTS,
            doors=KEY.parent,
        )
        for host in hosts
    ]
    SSH_CONFIG.parent.mkdir(parents=True, exist_ok=True)
    header = "# Written by `runbook lab up`, removed by `runbook lab down`.\n"
    _replace(SSH_CONFIG, header + "".join(told))
    _check_found(hosts[0])


def _replace(path: Path, text: str) -> None:
    """Whole at any moment: an ssh that starts just now reads the old one or the new one."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(path)


def open_doors(hosts: Sequence[str]) -> None:
    """A door to each host; one that is open stays, one whose keeper has died is made anew."""
    for host in hosts:
        if not _is_open(_door(host)):
            _open_door(host)


def _is_open(door: Path) -> bool:
    # Whoever knocks is led to the host's sshd, and with ten that say nothing it turns others away.
    keepers = (words for words in shell.command_lines().values() if _listens(door) in words)
    return door.is_socket() and any(keepers)


def _listens(door: Path) -> str:
    return f"--listen={door}"


def _door(host: str) -> Path:
    return KEY.with_name(address(host))


def _open_door(host: str) -> None:
    door = _door(host)
    door.unlink(missing_ok=True)
    # It ends with all that runs in the operator's namespace, and flock ends with it.
    subprocess.Popen(
        (
            *("flock", "--shared", str(IN_USE)),
            *("ip", "netns", "exec", OPERATOR),
            *("systemd-socket-activate", _listens(door), "--accept", "--inetd"),
            *("nc", address(host), "22"),
        ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    shell.wait_for(f"opening the door to {host}", partial(_is_open, door), DOOR_S, pause=0.01)
    _hand_over(door)


def _hand_over(path: Path) -> None:
    """To whoever called sudo; else it stays root's."""
    os.chown(path, int(os.environ.get("SUDO_UID", "0")), int(os.environ.get("SUDO_GID", "0")))


def _check_found(host: str) -> None:
    wanted = {f"hostname {address(host)}", f"proxycommand nc -U {KEY.parent}/%h"}
    if not wanted <= set(shell.run("ssh", "-G", host).splitlines()):
        raise shell.failed(
            f"ssh {host}",
            f"ssh would not go to the lab: it does not read {SSH_CONFIG},"
            f" or something that it reads earlier has an entry for {host}",
            f"put `Include {SSH_CONFIG.parent}/*.conf` first in /etc/ssh/ssh_config,"
            " see to ~/.ssh/config, then runbook lab up",
        )


def remove() -> None:
    """The ssh_config away."""
    SSH_CONFIG.unlink(missing_ok=True)
