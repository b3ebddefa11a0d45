"""May it be done: plan and snapshot become `Cleared`, or `Refused` with every finding.

A finding is *ok*, *note*, *consent* (stops unless its name is in `consent`) or *block*. `finding`
has these, `judge` the list of rules. One file a subject: `identity`, `ready`, `files`, `record`
(room for it), `management`, `nic` (with `bridge_port` and `nic_name`), `addressing`,
`address_source` (who gives each address), `ipv6`, `routing`, `neighbours` (with multicast groups),
`dhcp`, `resolver` (name servers of a lease), `networks`, `firewall`, `packets`, `ssh_limits`,
`native_rules` (what nft's own tables take), `names` (what knows the NIC by its name, with
`boot_lines`), `hook_scripts` (what ifupdown and the DHCP client run), `switch` (with `known_macs`),
`late` (what waits for the network), `lasting` (the next boot), `adopt` (a bridge whose place
libvirt's takes), `attach` (all of them for a bridge that is there already), `revert` (all of them
for a change that is taken back). A rule that takes a `CaseWithoutPlan` needs no plan, so the
package `survey` can ask it too.
"""

from __future__ import annotations

from runbook.preflight.finding import Case, Cleared, Finding, Level, RefusedByPreflight
from runbook.preflight.identity import refuse_another_machine
from runbook.preflight.judge import RULES, preflight

__all__ = [
    "RULES",
    "Case",
    "Cleared",
    "Finding",
    "Level",
    "RefusedByPreflight",
    "preflight",
    "refuse_another_machine",
]
