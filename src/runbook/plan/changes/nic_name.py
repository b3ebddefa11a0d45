"""The NIC's name: kept for the next boot, and looked for by an undo."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.plan.changes.steps import NeedNic, Step

FOLDER = "/etc/systemd/network"


def link_path(network: str) -> str:
    """Where the file of systemd.link(5) goes; the first file that matches decides."""
    return f"{FOLDER}/10-runbook-{network}.link"


def link_file(nic: str, mac: str) -> str:
    """Name the NIC by its MAC; bridges and VLANs, which may have the same MAC, are not meant."""
    return (
        f"# Written by runbook: stanza, hook and sysctl file know this NIC as {nic}. In another\n"
        "# slot it would get another name at a boot, and the bridge would have no port.\n"
        f"[Match]\nMACAddress={mac}\nType=ether\n\n"
        f"[Link]\nName={nic}\nAlternativeNamesPolicy=database onboard slot path\n"
    )


@dataclass(frozen=True, slots=True)
class FindNic:
    """Nothing to do; an undo first looks whether the NIC still has the name that all is about."""

    nic: str
    mac: str

    phase = "settle"
    title = "look for the NIC by its name"

    @property
    def before(self) -> str:
        return f"{self.nic} is the interface with the MAC {self.mac}, and up"

    @property
    def after(self) -> str:
        return self.before

    def do(self) -> tuple[Step, ...]:
        return ()

    def undo(self) -> tuple[Step, ...]:
        """If it has another name by now, the undo says which, and what to type."""
        return (NeedNic(self.nic, self.mac),)
