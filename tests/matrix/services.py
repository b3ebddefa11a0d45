"""What people run on a host: put on it before the change, and asked at each stage.

Each is configured as it has to be for the change: where it names the NIC, it names the bridge too.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from tests.lab.packages import install
from tests.lab.test_files import console

from runbook.lab import machine
from runbook.lab.names import NIC, address

BRIDGE, ROUTER = "virbr1", "172.16.0.1"
# Units that wait for each other are all up some seconds after the login is possible.
PATIENCE_S = 20.0
WORKS = b"exit status 0\n"


@dataclass(frozen=True, slots=True)
class Program:
    """Files, a Debian package, commands, and a command that answers the same while it works.

    `{address}` is the host's.
    """

    asked: str
    files: dict[str, str] = field(default_factory=dict)
    package: str = ""
    commands: str = "true"


ONLINE = "[Unit]\nWants=network-online.target\nAfter=network-online.target\n"
INSTALL = "[Install]\nWantedBy=multi-user.target\n"
RULES = "".join(
    f"iptables -A LAN -i {nic} -p tcp --dport 8000 -j ACCEPT\n" for nic in (NIC, BRIDGE)
)
FIREWALL = Program(
    "iptables -S INPUT | grep -c LAN; iptables -S LAN",
    {
        "/usr/local/sbin/firewall": "#!/bin/sh\niptables -N LAN; iptables -F LAN\n"
        f"{RULES}iptables -A LAN -p tcp --dport 8000 -j DROP\n"
        "iptables -C INPUT -j LAN || iptables -I INPUT -j LAN\n",
        "/etc/systemd/system/firewall.service": "[Unit]\nDefaultDependencies=no\n"
        "Wants=network-pre.target\nBefore=network-pre.target\nAfter=local-fs.target\n"
        "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/local/sbin/firewall\n"
        f"{INSTALL}",
    },
    commands="chmod 755 /usr/local/sbin/firewall; systemctl enable firewall",
)
BINDS = Program(
    "systemctl is-active web; ss -Hltn src {address}:8000 | grep -o {address}:8000",
    {
        "/etc/systemd/system/web.service": f"{ONLINE}[Service]\n"
        "ExecStart=/usr/bin/python3 -m http.server --bind {address} 8000\n"
        f"{INSTALL}",
    },
    commands="systemctl enable web",
)
# mount(8) runs mount.TYPE: this one needs the server, as mount.nfs does. `nofail`, because
# otherwise libvirtd starts after it, and with libvirtd the address.
MOUNT = Program(
    "findmnt --noheadings --output SOURCE,FSTYPE /srv/lan",
    {
        "/sbin/mount.lan": f"#!/bin/sh\nping -c 1 -W 2 {ROUTER} || exit 32\n"
        'exec mount -i -t tmpfs "$1" "$2"\n',
    },
    commands="chmod 755 /sbin/mount.lan; mkdir -p /srv/lan;"
    f" echo '{ROUTER}:/srv /srv/lan lan _netdev,nofail 0 0' >>/etc/fstab",
)
FAIL2BAN = Program(
    "fail2ban-client status sshd | grep -c 'Currently banned'; iptables -S | grep -c 10.9.9.9",
    {
        "/etc/fail2ban/jail.d/lab.conf": "[DEFAULT]\nbackend = polling\n"
        "banaction = iptables-multiport\nbantime = 1d\n[sshd]\nenabled = true\n",
        "/var/log/auth.log": "",
    },
    "fail2ban",
    "systemctl enable fail2ban; systemctl restart fail2ban; sleep 5;"
    " fail2ban-client set sshd banip 10.9.9.9",
)
RESOLVCONF = Program(
    "grep ^nameserver /etc/resolv.conf",
    package="resolvconf",
    commands="echo '    dns-nameservers 172.16.0.53' >>/etc/network/interfaces",
)
# -x: it must not set the clock, which is that of the machine.
CHRONY = Program(
    "systemctl is-active chrony; ss -Hlun src {address} | grep -o {address}:123",
    {
        "/etc/chrony/conf.d/lab.conf": "bindaddress {address}\nallow 172.16.0.0/16\n",
        "/etc/default/chrony": 'DAEMON_OPTS="-F 0 -x"\n',
    },
    "chrony",
    "systemctl enable chrony",
)
DNSMASQ = Program(
    "systemctl is-active dnsmasq; ss -Hlun src {address} | grep -o {address}:5353",
    {
        "/etc/dnsmasq.d/lan.conf": f"interface={NIC}\ninterface={BRIDGE}\nbind-dynamic\n"
        "port=5353\nno-resolv\n",
    },
    "dnsmasq",
    "systemctl enable dnsmasq",
)
# iptables-persistent and ufw exclude each other.
UFW = Program(
    "ufw status | grep -e ^Status -e ^22/tcp | sort",
    package="ufw",
    commands=f"ufw allow in on {NIC} to any port 22 proto tcp;"
    f" ufw allow in on {BRIDGE} to any port 22 proto tcp;"
    f" ufw route allow in on {BRIDGE} out on {BRIDGE}; ufw --force enable",
)
# No two of a host exclude each other.
HOSTS: dict[str, dict[str, Program]] = {
    "own": {
        "an own firewall unit": FIREWALL,
        "fail2ban": FAIL2BAN,
        "a unit that binds to the address": BINDS,
        "a mount over the network": MOUNT,
        "resolvconf": RESOLVCONF,
        "chrony": CHRONY,
        "dnsmasq with interface=": DNSMASQ,
    },
    "ufw": {
        "ufw": UFW,
        "a unit that binds to the address": BINDS,
        "a mount over the network": MOUNT,
        "resolvconf": RESOLVCONF,
        "chrony": CHRONY,
        "dnsmasq with interface=": DNSMASQ,
    },
}


@dataclass(slots=True)
class Programs:
    """The programs of one host of `HOSTS`, none by another name, and what each said at first."""

    host: str
    kind: str
    before: dict[str, bytes] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)

    @property
    def every(self) -> dict[str, Program]:
        """By their names."""
        return HOSTS.get(self.kind, {})

    @property
    def score(self) -> tuple[int, int]:
        """How many worked whenever they were asked, and how many there are."""
        return len(self.every) - len(self.failed), len(self.every)

    def put_on(self) -> None:
        """Install and configure all, and boot, so that each has started as it does; ask them."""
        if not self.every:
            return
        if UFW in self.every.values():
            console(self.host, "dpkg --purge iptables-persistent netfilter-persistent")
        for program in self.every.values():
            self._put_on(program)
        machine.shut_down(self.host)
        machine.power_on(self.host)
        end = time.monotonic() + PATIENCE_S
        while (idle := self._idle()) and time.monotonic() < end:
            time.sleep(0.5)
        assert not idle, {name: self.before[name].decode() for name in idle}

    def _put_on(self, program: Program) -> None:
        for path, text in program.files.items():
            content = self._of_host(text).encode()
            console(self.host, f"mkdir -p {path.rsplit('/', 1)[0]}; cat >{path}", content)
        if program.package:
            # A configuration file that is there already stays.
            install(self.host, program.package, "--force-confold")
        console(self.host, program.commands)

    def _idle(self) -> list[str]:
        self.before = self._answers()
        return [name for name, said in self.before.items() if not said.endswith(WORKS)]

    def _answers(self) -> dict[str, bytes]:
        return {
            name: console(self.host, f"({self._of_host(program.asked)}); echo exit status $?")
            for name, program in self.every.items()
        }

    def _of_host(self, text: str) -> str:
        return text.replace("{address}", address(self.host))

    def broken(self) -> str:
        """What does not answer as at first, once the host has had time to settle; a line each."""
        end = time.monotonic() + PATIENCE_S
        while (now := self._answers()) != self.before and time.monotonic() < end:
            time.sleep(0.5)
        changed = [name for name in now if now[name] != self.before[name]]
        self.failed.update(changed)
        return "\n".join(
            f"{n}: {now[n].decode()!r}, not {self.before[n].decode()!r}" for n in changed
        )
