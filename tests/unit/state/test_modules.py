from __future__ import annotations

import pytest

from runbook.state import modules
from runbook.state.modules import ModuleRow

# Debian 12, kernel 6.1.
PRINTED = """\
nf_nat 61440 2 nft_chain_nat,xt_MASQUERADE, Live 0x0000000000000000
bridge 311296 0 - Live 0x0000000000000000
xt_tcpudp 20480 - - Live 0x0000000000000000
"""


def test_each_module_has_a_row_with_the_number_of_its_users() -> None:
    rows = modules.parse(PRINTED)
    assert rows == (ModuleRow("bridge", 0), ModuleRow("nf_nat", 2), ModuleRow("xt_tcpudp", 0))


def test_a_kernel_that_can_load_none_has_none() -> None:
    assert modules.parse("") == ()


@pytest.mark.parametrize("text", ["bridge\n", "bridge 311296\n", "bridge 311296 many -\n", "\n"])
def test_what_is_no_list_of_modules_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        modules.parse(text)
