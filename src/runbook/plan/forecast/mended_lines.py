"""A line of a firewall that names the NIC alone, rewritten for the bridge as well. Pure."""

from __future__ import annotations

import re

from runbook.plan.forecast.named_lines import renamed
from runbook.state.host.line_search import Line

# What stands before a name in a set, and in no other pair of braces.
_MEMBERS = r'\s*("?[\w.*-]+"?\s*,\s*)*'
_BY_INDEX = re.compile(r"\b([io]if)\b")


def of_iptables(line: Line, nic: str, bridge: str) -> str:
    """What to do about a rule in the words of iptables."""
    if re.search(rf"! (-[io]|--(in|out)-interface) ?{re.escape(nic)}\b", line.text):
        # A second rule of this kind would be for every interface: both together take all traffic.
        return (
            f"line {line.number} is for every interface except {nic}: put a rule before it that"
            f" does for {bridge} what is done for {nic}"
        )
    return f"add below line {line.number}: {renamed(line.text, nic, bridge)}"


def of_nftables(line: Line, nic: str, bridge: str) -> str:
    """What to do about a line of an nftables.conf; nft finds `iif virbr1` at no boot, so iifname.

    `iif` and `oif` are looked up when the rules are loaded, and the bridge is not there yet.
    """
    word = rf'"?(?<![\w-]){re.escape(nic)}(?![\w-]|\.\d)"?'
    verdict = rf"({word})(\s*:\s*[^,}}]+?)(?=\s*[,}}])"
    both = f'"{nic}", "{bridge}"'
    if re.search(verdict, line.text):
        text = re.sub(verdict, rf'"{nic}"\2, "{bridge}"\2', line.text)
    elif re.search(rf"{{{_MEMBERS}{word}\s*(,[^{{}};]*)?}}|^\s*{word}\s*,?\s*$", line.text):
        text = re.sub(word, both, line.text)
    else:
        text = re.sub(word, f"{{ {both} }}", line.text)
    by_name = _BY_INDEX.sub(r"\1name", text)
    return f"line {line.number} becomes: {by_name}"
