"""What a person does in a guest that nobody else can get into. Pure."""

from __future__ import annotations

from runbook.guest.configure.guest_edit import DesiredNetwork
from runbook.state.guest.inside import RESOLV_CONF

_FILE = "/etc/network/interfaces"


def by_hand(desired: DesiredNetwork, why: tuple[str, ...]) -> str:
    """The instructions, numbered; `why` says what was tried, one line each.

    What stands furthest in is to be typed in one shell, or to be written.
    """
    ip, mac, gateway = desired.address.ip, desired.mac, desired.gateway
    # By the file as it was: by the new one, ifdown would leave a DHCP client alive.
    down = "ifdown $NIC; ip -4 addr flush dev $NIC"
    return "\n".join(
        (
            f"Guest {desired.guest} has to be configured by a person, because",
            *(f"   {line}" for line in why),
            "",
            "1. Log in as root on the guest's own screen. Find the NIC: one name is to appear.",
            f"       NIC=$(grep -il {mac} /sys/class/net/*/address | cut -d/ -f5); echo $NIC",
            "       ip -4 address; ip -4 route",
            f"   If {_FILE} has no `iface` of that name,",
            "   do what stands at the end instead of 2, 3 and 4. Where a file that it takes in",
            "   has it, change it there, and keep that file in /root.",
            "2. Keep the file, and take the NIC down by it, which ends its DHCP client too:",
            f"       cp -p {_FILE} {_FILE}.before",
            f"       {down}",
            f"3. In {_FILE}, with the NIC's name for NIC, write this",
            "   in place of the `iface NIC inet` that is there, and leave every other line:",
            "       iface NIC inet static",
            f"           address {ip}",
            f"           netmask {desired.address.netmask}",
            f"           gateway {gateway}",
            *([f"           pointopoint {gateway}"] if desired.off_link else ()),
            *_name_servers(desired),
            "4. Bring it up:",
            "       ifup $NIC",
            f"       ping -c 3 {gateway}",
            "   To go back (in another shell, after the first command of 1):",
            f"       {down}; mv {_FILE}.before {_FILE}; ifup $NIC",
            "5. Nothing more. The host asks until it is so, and no longer than said below:",
            f"   {ip} answers with the MAC {mac}, and with no other.",
            f"   Then: where {gateway} sends its packets, and whether it answers from beyond.",
            "",
            "Where another network manager than ifupdown has the NIC, after 1:",
            *(f"   {line}" for line in _others(desired)),
        )
    )


def _name_servers(desired: DesiredNetwork) -> tuple[str, ...]:
    if not desired.nameservers:
        return ()
    return (
        f"           dns-nameservers {' '.join(desired.nameservers)}",
        f"   and in {RESOLV_CONF}, if that is no link:",
        *(f"       nameserver {server}" for server in desired.nameservers),
    )


def _others(desired: DesiredNetwork) -> tuple[str, ...]:
    address, gateway = desired.address, desired.gateway
    servers = desired.nameservers
    on_link = ", on-link: true" if desired.off_link else ""
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
        *([] if desired.off_link else [f"    Gateway={gateway}"]),
        *(f"    DNS={server}" for server in servers),
        *(
            ["and at its end:", "    [Route]", f"    Gateway={gateway}", "    GatewayOnLink=yes"]
            if desired.off_link
            else ()
        ),
        "netplan, below the NIC's name in the file of /etc/netplan that has it,",
        "in place of dhcp4, addresses, gateway4 and routes; then `netplan apply`:",
        "    dhcp4: false",
        f"    addresses: [{address}]",
        f"    routes: [{{to: 0.0.0.0/0, via: {gateway}{on_link}}}]",
        *([f"    nameservers: {{addresses: [{', '.join(servers)}]}}"] if servers else ()),
    )
