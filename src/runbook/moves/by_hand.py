"""What a person does in a guest that nobody else can get into. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.moves.inside_edit import Wanted


@dataclass(frozen=True, slots=True)
class ByHand:
    """Instructions: why a person is needed, what to look for, to write, to run, what is checked.

    `file` and `stanza` are for ifupdown; `before` is the stanza as it stands where
    it is known, else ''. `others` says where other network managers keep theirs.
    """

    guest: str
    why: tuple[str, ...]
    find: tuple[str, ...]
    file: str
    before: str
    stanza: str
    commands: tuple[str, ...]
    back: tuple[str, ...]
    others: tuple[str, ...]
    checked: tuple[str, ...]

    def text(self) -> str:
        """All of it, numbered, as plain text."""
        instead = ("   in place of", _indented(self.before), "   write") if self.before else ()
        return "\n".join(
            (
                f"Guest {self.guest} has to be configured by a person, because",
                *(f"   {line}" for line in self.why),
                "",
                "1. Log in as root on the guest's own screen, and find the NIC:",
                *(f"   {line}" for line in self.find),
                "2. Keep the file as it is:",
                f"   cp -p {self.file} {self.file}.before",
                f"3. Write this into {self.file}, with the NIC's name for NIC:",
                *instead,
                _indented(self.stanza),
                "   and leave every other line as it is. Where the guest has no ifupdown:",
                *(f"   {line}" for line in self.others),
                "4. Bring it up:",
                *(f"   {line}" for line in self.commands),
                "   To go back:",
                *(f"   {line}" for line in self.back),
                "5. Nothing more. From the host these are looked at until they are so:",
                *(f"   {line}" for line in self.checked),
            )
        )


def by_hand(wanted: Wanted, why: tuple[str, ...], before: str = "") -> ByHand:
    """The instructions; `why` says what was tried, one line each."""
    ip, file = wanted.address.ip, "/etc/network/interfaces"
    return ByHand(
        guest=wanted.guest,
        why=why,
        find=(f"grep -il {wanted.mac} /sys/class/net/*/address", "ip -4 address; ip -4 route"),
        file=file,
        before=before,
        stanza=(
            "auto NIC\n"
            "iface NIC inet static\n"
            f"    address {ip}\n"
            f"    netmask {wanted.address.netmask}\n"
            f"    gateway {wanted.gateway}"
            f"{_names(wanted)}"
        ),
        commands=("ifdown NIC; ip -4 addr flush dev NIC; ifup NIC", f"ping -c 3 {wanted.gateway}"),
        back=(f"ifdown NIC; mv {file}.before {file}; ifup NIC",),
        others=_others(wanted),
        checked=(
            f"{ip} answers with the MAC {wanted.mac}, and with no other",
            f"{ip} answers a ping from beyond {wanted.gateway}",
        ),
    )


def _names(wanted: Wanted) -> str:
    told = " ".join(wanted.nameservers)
    return f"\n    dns-nameservers {told}" if told else ""


def _others(wanted: Wanted) -> tuple[str, ...]:
    address, gateway = wanted.address, wanted.gateway
    servers = wanted.nameservers
    nmcli = f"ipv4.method manual ipv4.addresses {address} ipv4.gateway {gateway}"
    nmcli += f" ipv4.dns {','.join(servers)}" if servers else ""
    told = "".join((f"Address={address} Gateway={gateway}", *(f" DNS={s}" for s in servers)))
    return (
        "netplan: /etc/netplan/*.yaml, then `netplan try`",
        f"NetworkManager: `nmcli con modify NAME {nmcli}; nmcli con up NAME`",
        f"systemd-networkd: [Network] {told} in its .network file",
    )


def _indented(text: str) -> str:
    return "\n".join(f"       {line}" for line in text.split("\n"))
