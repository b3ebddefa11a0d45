"""What a person does in a guest that nobody else can get into. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.guest.configure.guest_edit import DesiredNetwork
from runbook.state.guest.inside import RESOLV_CONF


@dataclass(frozen=True, slots=True)
class ByHand:
    """Instructions: why a person is needed, and what to do, in order.

    `find`, `down`, `up` and `back` are commands that can be typed as they stand, in one shell.
    `file` and `stanza` are for ifupdown; `before` is the stanza as it stands where
    it is known, else ''. `names` are the lines of /etc/resolv.conf, '' where they are to stay as
    they are. `others` says where other network managers keep theirs.
    """

    guest: str
    why: tuple[str, ...]
    find: tuple[str, ...]
    down: tuple[str, ...]
    file: str
    before: str
    stanza: str
    names: str
    up: tuple[str, ...]
    back: tuple[str, ...]
    others: tuple[str, ...]
    checked: tuple[str, ...]

    def text(self) -> str:
        """All of it, numbered, as plain text; what stands furthest in is to be typed or written."""
        named = (f"   and in {RESOLV_CONF}, if that is no link:", *_in(self.names))
        named = named if self.names else ()
        instead = ("   in place of", *_in(self.before), "   write") if self.before else ()
        return "\n".join(
            (
                f"Guest {self.guest} has to be configured by a person, because",
                *(f"   {line}" for line in self.why),
                "",
                "1. Log in as root on the guest's own screen. Find the NIC: one name is to appear.",
                *_in(*self.find),
                f"   If {self.file} has no `iface` of that name,",
                "   do what stands at the end instead of 2, 3 and 4. Where a file that it takes in",
                "   has it, change it there, and keep that file in /root.",
                "2. Keep the file, and take the NIC down by it, which ends its DHCP client too:",
                *_in(*self.down),
                f"3. In {self.file}, with the NIC's name for NIC, write this",
                "   in place of the `iface NIC inet` that is there, and leave every other line:",
                *instead,
                *_in(self.stanza),
                *named,
                "4. Bring it up:",
                *_in(*self.up),
                "   To go back (in another shell, after the first command of 1):",
                *_in(*self.back),
                "5. Nothing more. The host asks until it is so, and no longer than said below:",
                *(f"   {line}" for line in self.checked),
                "",
                "Where another network manager than ifupdown has the NIC, after 1:",
                *(f"   {line}" for line in self.others),
            )
        )


def by_hand(desired: DesiredNetwork, why: tuple[str, ...], before: str = "") -> ByHand:
    """The instructions; `why` says what was tried, one line each."""
    ip, file = desired.address.ip, "/etc/network/interfaces"
    nic = f"NIC=$(grep -il {desired.mac} /sys/class/net/*/address | cut -d/ -f5); echo $NIC"
    down = "ifdown $NIC; ip -4 addr flush dev $NIC"
    return ByHand(
        guest=desired.guest,
        why=why,
        find=(nic, "ip -4 address; ip -4 route"),
        # By the file as it was: by the new one, ifdown would leave a DHCP client alive.
        down=(f"cp -p {file} {file}.before", down),
        file=file,
        before=before,
        stanza=(
            "iface NIC inet static\n"
            f"    address {ip}\n"
            f"    netmask {desired.address.netmask}\n"
            f"    gateway {desired.gateway}"
            f"{_own(desired)}"
        ),
        names="\n".join(f"nameserver {server}" for server in desired.nameservers),
        up=("ifup $NIC", f"ping -c 3 {desired.gateway}"),
        back=(f"{down}; mv {file}.before {file}; ifup $NIC",),
        others=_others(desired),
        checked=(
            f"{ip} answers with the MAC {desired.mac}, and with no other.",
            f"Then: where {desired.gateway} sends its packets, and whether it answers from beyond.",
        ),
    )


def _own(desired: DesiredNetwork) -> str:
    told = " ".join(desired.nameservers)
    return f"\n    dns-nameservers {told}" if told else ""


def _others(desired: DesiredNetwork) -> tuple[str, ...]:
    address, gateway = desired.address, desired.gateway
    servers = desired.nameservers
    nmcli = f"ipv4.method manual ipv4.addresses {address} ipv4.gateway {gateway}"
    replaced = f"DHCP=, {'DNS=, ' if servers else ''}Address= and Gateway="
    nmcli += f" ipv4.dns {','.join(servers)}" if servers else ""
    return (
        "NetworkManager:",
        "    NAME=$(nmcli -g GENERAL.CONNECTION device show $NIC); echo $NAME",
        f'    nmcli connection modify "$NAME" {nmcli}',
        '    nmcli connection up "$NAME"',
        "systemd-networkd, below [Network] of the file that `networkctl status $NIC` names,",
        f"in place of {replaced}; then `systemctl restart systemd-networkd`:",
        f"    Address={address}",
        f"    Gateway={gateway}",
        *(f"    DNS={server}" for server in servers),
        "netplan, below the NIC's name in the file of /etc/netplan that has it,",
        "in place of dhcp4, addresses, gateway4 and routes; then `netplan apply`:",
        "    dhcp4: false",
        f"    addresses: [{address}]",
        f"    routes: [{{to: 0.0.0.0/0, via: {gateway}}}]",
        *([f"    nameservers: {{addresses: [{', '.join(servers)}]}}"] if servers else ()),
    )


def _in(*texts: str) -> tuple[str, ...]:
    return tuple(f"       {line}" for text in texts for line in text.split("\n"))
