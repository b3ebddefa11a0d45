"""What loads or reads a configuration file at a boot, by the file's path. Pure.

The first pattern that fits counts. A file that no pattern fits is `UNKNOWN`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from fnmatch import fnmatchcase


class Sort(Enum):
    """What it means for the host that the file names the NIC."""

    JUDGED = auto()
    """Another rule of preflight judges it, or the change carries it over."""
    SILENT = auto()
    """Nothing at a boot depends on it."""
    WATCHES = auto()
    """A program watches the NIC, which is there as before."""
    RULES = auto()
    """A program makes firewall rules of it."""
    EARLY = auto()
    """The initramfs or the kernel configures the interface by it, before ifupdown does."""
    SERVES = auto()
    """A daemon serves or speaks on the interface that it names."""
    SCRIPT = auto()
    """Commands that something runs at a boot."""
    UNKNOWN = auto()
    """Nobody here knows."""


@dataclass(frozen=True, slots=True)
class Loader:
    """The program that reads the file, and what the file is to it."""

    program: str
    sort: Sort


UNKNOWN = Loader("an unknown program", Sort.UNKNOWN)
_TABLE: tuple[tuple[Sort, str, tuple[str, ...]], ...] = (
    (
        Sort.SILENT,
        "nothing",
        (
            *("*~", "*.bak", "*.old", "*.orig", "*.save", "*.dpkg-*", "*.ucf-*", "*.runbook-*"),
            *("*/README*", "*/.git/*", "/etc/hosts", "/etc/motd", "/etc/issue*", "/etc/motd.d/*"),
            *("/etc/iftab", "/etc/mactab", "/etc/systemd/network/*.link"),
            *("/etc/libvirt/libvirt*.conf", "/etc/iproute2/*", "/etc/networks"),
        ),
    ),
    (Sort.SILENT, "udev", ("/etc/udev/rules.d/*",)),
    (
        Sort.JUDGED,
        "runbook's other rules",
        (
            *("/etc/network/interfaces", "/etc/network/interfaces.d/*"),
            *("/etc/iptables/rules.v[46]", "/etc/libvirt/qemu/*"),
            *("/etc/libvirt/hooks/network.d/50-runbook-*", "/etc/sysctl.d/60-runbook-*"),
            "/etc/systemd/system/wait-online-runbook-*",
            *("/etc/systemd/network/*", "/etc/NetworkManager/*", "/etc/netplan/*"),
            *("/etc/wicked/*", "/etc/connman/*", "/etc/dhcpcd.conf", "/etc/dhcp/dhclient*.conf"),
        ),
    ),
    (
        Sort.EARLY,
        "the initramfs",
        ("/etc/default/grub*", "/etc/initramfs-tools/*", "/etc/kernel/*", "/etc/dropbear*/*"),
    ),
    (
        Sort.SERVES,
        "systemd-sysctl",
        (
            *("/etc/sysctl.conf", "/etc/sysctl.d/*", "/run/sysctl.d/*"),
            *("/usr/lib/sysctl.d/*", "/usr/local/lib/sysctl.d/*"),
        ),
    ),
    (Sort.RULES, "ufw", ("/etc/ufw/*", "/etc/default/ufw")),
    (Sort.RULES, "firewalld", ("/etc/firewalld/*",)),
    (Sort.RULES, "nftables.service", ("/etc/nftables.conf", "/etc/nftables*/*")),
    (Sort.RULES, "shorewall", ("/etc/shorewall*",)),
    (Sort.RULES, "ferm", ("/etc/ferm/*",)),
    (Sort.RULES, "firehol", ("/etc/firehol/*",)),
    (Sort.SERVES, "fail2ban", ("/etc/fail2ban/*",)),
    (Sort.RULES, "an own iptables-restore", ("/etc/iptables*", "/etc/ip6tables*")),
    (Sort.SERVES, "dnsmasq", ("/etc/dnsmasq.conf", "/etc/dnsmasq.d/*", "/etc/default/dnsmasq")),
    (
        Sort.SERVES,
        "the DHCP server",
        ("/etc/default/isc-dhcp-*", "/etc/dhcp/dhcpd*", "/etc/kea/*", "/etc/default/udhcpd"),
    ),
    (Sort.SERVES, "radvd", ("/etc/radvd*",)),
    (Sort.SERVES, "keepalived", ("/etc/keepalived/*",)),
    (Sort.SERVES, "the routing daemon", ("/etc/frr/*", "/etc/quagga/*", "/etc/bird*")),
    (Sort.SERVES, "the time server", ("/etc/chrony/*", "/etc/ntp*", "/etc/ptp4l.conf")),
    (Sort.SERVES, "avahi", ("/etc/avahi/*",)),
    (Sort.SERVES, "Samba", ("/etc/samba/*",)),
    (Sort.SERVES, "sshd", ("/etc/ssh/*",)),
    (Sort.SERVES, "the name server", ("/etc/unbound/*", "/etc/bind/*")),
    (Sort.SERVES, "hostapd", ("/etc/hostapd/*",)),
    (
        Sort.WATCHES,
        "monitoring",
        (
            *("/etc/vnstat*", "/etc/default/vnstat*", "/etc/collectd/*", "/etc/snmp/*"),
            *("/etc/netdata/*", "/etc/telegraf/*", "/etc/zabbix/*", "/etc/munin/*"),
            *("/etc/monit/*", "/etc/nagios*", "/etc/icinga2/*", "/etc/default/prometheus-*"),
            *("/etc/check_mk/*", "/etc/lldpd*", "/etc/default/lldpd", "/etc/darkstat/*"),
            *("/etc/ntopng/*", "/etc/pmacct/*", "/etc/suricata/*", "/etc/snort/*"),
            *("/etc/default/ifplugd", "/etc/ifplugd/*", "/etc/netplug/*", "/etc/netplug.d/*"),
            *("/etc/sysstat/*", "/etc/conky/*", "/etc/softflowd/*", "/etc/arpwatch/*"),
        ),
    ),
    # For `ifquery --state`, which a stanza without an address satisfies.
    (Sort.WATCHES, "ifupdown-wait-online", ("/etc/default/networking",)),
    (Sort.SCRIPT, "ifupdown", ("/etc/network/if-*.d/*",)),
    (Sort.SCRIPT, "libvirt", ("/etc/libvirt/hooks/*",)),
    (
        Sort.SCRIPT,
        "systemd",
        (
            *("/etc/systemd/system/*", "/usr/local/lib/systemd/system/*", "/lib/systemd/system/*"),
            "/etc/rc.local",
        ),
    ),
    (Sort.SCRIPT, "its init script", ("/etc/init.d/*", "/etc/rc[0-6S].d/*")),
    (Sort.SCRIPT, "cron", ("/etc/cron*", "/var/spool/cron/*")),
    (Sort.SCRIPT, "the DHCP client", ("/etc/dhcp/*", "/lib/dhcpcd/*")),
    (Sort.SCRIPT, "pppd or wg-quick", ("/etc/ppp/*", "/etc/wireguard/*")),
    (Sort.SCRIPT, "", ("/usr/local/*bin/*", "/usr/local/libexec/*", "/root/bin/*")),
)


def loader(path: str) -> Loader:
    """What reads the file; the program is '' for a script that others have to run."""
    for sort, program, patterns in _TABLE:
        if any(fnmatchcase(path, pattern) for pattern in patterns):
            return Loader(program, sort)
    return UNKNOWN
