from __future__ import annotations

import pytest

from runbook.state.host import nic_hardware
from runbook.state.host.nic_hardware import NicRow

SAID = """\
/sys/class/net/enp4s0f0/ifindex:2
/sys/class/net/enp4s0f1/ifindex:3
/sys/class/net/lo/ifindex:1
/sys/class/net/odd:name/ifindex:9
/sys/class/net/enp4s0f0/speed:10000
/sys/class/net/odd:name/speed:-1
/sys/class/net/enp4s0f0/device/uevent:DRIVER=ixgbe
/sys/class/net/enp4s0f0/device/uevent:PCI_CLASS=20000
/sys/class/net/enp4s0f1/device/uevent:PCI_CLASS=20000
"""


def test_driver_and_speed_of_each_interface() -> None:
    assert nic_hardware.parse(SAID) == (
        NicRow("enp4s0f0", "ixgbe", 10000),
        NicRow("enp4s0f1", "", None),
        NicRow("lo", "", None),
        NicRow("odd:name", "", None),
    )


@pytest.mark.parametrize(
    "said", ["nonsense", "/sys/class/net/a/speed:fast", "/sys/class/net/a/b/speed:1"]
)
def test_what_sysfs_does_not_say_is_not_understood(said: str) -> None:
    with pytest.raises(ValueError, match=r"nonsense|fast|speed"):
        nic_hardware.parse(said)


def test_a_host_that_says_nothing_has_no_rows() -> None:
    assert not nic_hardware.parse("")
