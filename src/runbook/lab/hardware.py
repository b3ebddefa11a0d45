"""What a host is made of: how it is run, and its NICs."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

MACHINES = ("nspawn", "qemu")
# By QEMU's names of its devices (qemu-system-x86_64 -device help). A virtio NIC that goes on from a
# snapshot has forgotten the VLANs that the guest asked for (QEMU 7.2): it is to pass every one.
NIC_MODELS = {"virtio-net": "virtio-net-pci,ctrl_vlan=off", "e1000e": "e1000e"}
MOST_NICS = 8


class Hardware(BaseModel):
    """The machine, and for qemu the model and number of its NICs; nspawn has one veth."""

    model_config = ConfigDict(frozen=True)

    machine: str = MACHINES[0]
    nic_model: str = "virtio-net"
    nics: int = 2


NSPAWN = Hardware()
