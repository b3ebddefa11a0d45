"""Files as hosts have them, and what their module makes of each: tests/cases/MODULE/CASE.in|out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from tests.unit import fakes, judged, naming
from tests.unit.booted import booted

from runbook.common import octets
from runbook.common.errors import Refused
from runbook.params import resolve
from runbook.plan.forecast import after_plan
from runbook.plan.forecast.boot import rehearse
from runbook.plan.forecast.boot_effect import BootStep
from runbook.plan.promise import managers
from runbook.plan.routed.procedure import make_plan
from runbook.preflight import names
from runbook.preflight.finding import Case
from runbook.preflight.survey.candidates import candidates
from runbook.preflight.survey.judge import judge
from runbook.preflight.survey.offer import offer
from runbook.state import files as file_table
from runbook.state import firewall, leases, nftables
from runbook.state.syntax import ifupdown, iptables_save, netplan
from runbook.transport.host import HostFile

CASES = Path(__file__).parents[1] / "cases"
INPUTS = sorted(CASES.glob("*/*.in"))
NIC, MAC = "enp4s0f0", "52:54:00:aa:bb:01"
# A line `==== PATH` begins another file of the same host.
NEXT_FILE = "==== "


def files(content: bytes, first: str) -> dict[str, str]:
    """The files of a case by their paths."""
    path, found = first, {first: ""}
    for line in octets.text_of(content).splitlines(keepends=True):
        if line.startswith(NEXT_FILE):
            path = line.removeprefix(NEXT_FILE).strip()
            found[path] = ""
        else:
            found[path] += line
    return found


def lines(values: Iterable[object]) -> str:
    return "".join(f"{json.dumps(value)}\n" for value in values)


def of_ifupdown(content: bytes) -> str:
    """Each file that ifupdown reads, its stanzas by line number, and where it gives the file up."""
    shown = []
    held = files(content, ifupdown.INTERFACES)
    for path in ifupdown.reached(held):
        shown.append(path)
        for s in ifupdown.parse(path, held[path]):
            head = " ".join(word for word in (s.kind, s.name, s.family, s.method) if word)
            shown.append(f"  {s.first}-{s.last} {head}")
            shown += [f"      {option}: {value}" for option, value in s.options]
        if line := ifupdown.misplaced(held[path]):
            shown.append(f"  line {line} belongs to no stanza")
    return "".join(f"{line}\n" for line in shown)


def of_iptables_save(content: bytes) -> str:
    """Each chain and each rule's words; or the line that iptables-restore would not read."""
    text = octets.text_of(content)
    try:
        ruleset = iptables_save.parse(text)
    except iptables_save.NotInTheWords as refused:
        return f"refused at line {refused.line}\n"
    assert iptables_save.render(ruleset) == text
    shown = []
    for table in ruleset.tables:
        shown.append(f"*{table.name}")
        shown += [f":{chain.name} {chain.policy}" for chain in table.chains]
        shown += [json.dumps(iptables_save.words(rule.text)) for rule in table.rules]
    shown += [f"not shown by iptables: {name}" for name in sorted(firewall.unshown(text))]
    return "".join(f"{line}\n" for line in shown)


def of_nftables(content: bytes) -> str:
    """A row for each chain, rule and set of `nft -j list ruleset` that iptables does not show."""
    return lines(nftables.parse(content.decode()))


def of_leases(content: bytes) -> str:
    """A row for each interface that the first file, or another of the case, has a lease for."""
    held = files(content, "/var/lib/dhcp/dhclient.leases")
    there = [HostFile(p, octets.bytes_of(t), 0o644) for p, t in held.items() if t]
    return lines(
        {name: value for name, value in row._asdict().items() if value not in ("", 0)}
        for row in leases.parse([], there)
    )


def of_netplan(content: bytes) -> str:
    """The entries of each file that mean NIC or MAC; an unreadable file counts as one of them."""
    shown = []
    held = {p: octets.bytes_of(t) for p, t in files(content, "/etc/netplan/01.yaml").items() if t}
    for path in netplan.naming(held, NIC, MAC):
        shown.append(path)
        try:
            entries = list(netplan.entries(netplan.loads(held[path]), NIC, MAC))
            shown += [f"  {name}: {json.dumps(entry)}" for name, entry in entries]
        except yaml.YAMLError:
            shown.append("  cannot be read")
    return "".join(f"{line}\n" for line in shown)


def of_managers(content: bytes) -> str:
    """Who else configures the NIC, and how it lets go; `==== enabled` has the managers' names."""
    held = {path: text for path, text in files(content, "").items() if path}
    on = fakes.units(**dict.fromkeys(held.pop("enabled").split(), "enabled"))
    host = fakes.seen(
        links=[fakes.link("lo"), fakes.link(NIC, mac=MAC)],
        files=[fakes.file(path, text) for path, text in held.items()],
        units=on,
    )
    shown = []
    for manager in managers.holding(NIC, host):
        shown.append(f"{manager.name}: {' '.join(manager.files) or '(no file)'}")
        shown += [f"  {step}" for step in managers.way(manager, NIC).split("; ")]
    return "".join(f"{line}\n" for line in shown) or "the NIC is nobody else's\n"


def of_cloud_init(content: bytes) -> str:
    """What a plan does about cloud-init, what is in its files, and what a boot does without it."""
    held = {p: octets.bytes_of(t) for p, t in files(content, "").items() if p}
    read = file_table.parse([HostFile(p, t, 0o644) for p, t in held.items()])
    shown = [f"{r.path}: {r.content}" for r in read if r.path.startswith("/etc/cloud/")]
    host = fakes.seen(files=[fakes.file(r.path, r.content) for r in read])
    try:
        plan = make_plan(fakes.params(), host)
    except Refused as refused:
        return "".join(f"{line.strip()}\n" for line in (*shown, refused.what, refused.then))
    shown += [f"would boot: {s.effect.does}" for s in rehearse(plan.of_host, host) if _is_cloud(s)]
    shown += [
        line for change in plan.changes if "cloud" in change.title for line in (change.after,)
    ]
    later = after_plan.after(plan, host)
    shown += [f"boots: {s.effect.does}" for s in rehearse(plan.of_host, later) if _is_cloud(s)]
    return "".join(f"{line.strip()}\n" for line in shown) or "cloud-init is not there\n"


def _is_cloud(step: BootStep) -> bool:
    return step.effect.about == "cloud-init"


def of_hosts(content: bytes) -> str:
    """What survey proposes for a host with these files, and what its plan does or refuses."""
    held = {path: text for path, text in files(content, "").items() if path}
    on = fakes.units(**dict.fromkeys(held.pop("enabled", "").split(), "enabled"))
    # What another manager gave: the interface, its address and the gateway.
    given = [line.split() for line in held.pop("given", "").splitlines()]
    host = booted(held, given, units=on)
    try:
        (nic,) = candidates(host, {})
    except Refused as refused:
        return f"refused: {refused.what}\n  {refused.then}\n"
    proposed = {name: value for name, (value, _) in offer(host, nic, {}, {}).items()}
    shown = [f"{name}: {proposed[name]}" for name in SHOWN if name in proposed]
    wrong = judge("server-01", proposed, host, None)
    shown += [f"refused: {error.problem or error}\n  {error.then}" for error in wrong]
    if not wrong:
        plan = make_plan(resolve({}, {"host": "server-01"}, proposed), host)
        shown += [f"end: {plan.of_host.end_state}; MAC {plan.of_host.mac}"]
        shown += [f"  {title}" for title in dict.fromkeys(c.title for c in plan.changes)]
        shown += list(after_plan.diffs(plan, host))
    return "".join(f"{line}\n" for line in shown)


# What of a survey's proposal depends on the host.
SHOWN = ("interface", "address", "gateway", "bridge", "attach", "bridge_mac", "forward")


def of_naming(content: bytes) -> str:
    """What preflight says of files that name the NIC, on a host that drops what no rule accepts."""
    rules = ("-P INPUT DROP", "-N ufw-user-input")
    host = fakes.seen(firewall=[fakes.rule(text, 0) for text in rules])
    asked = fakes.params()
    held = {path: text for path, text in files(content, "").items() if path}
    with TemporaryDirectory() as place:
        around = replace(fakes.GOOD, naming=naming.search(held, Path(place)))
    case = Case(asked, make_plan(asked, host), host, around)
    shown = []
    for finding in (finding for rule in names.RULES for finding in rule(case)):
        shown.append(f"{finding.level}: {finding.seen}")
        shown += [f"  {finding.then}"] if finding.then else []
    return "".join(f"{line}\n" for line in shown)


def of_preflight(content: bytes) -> str:
    """What preflight says of a whole host, or why there is no plan for it."""
    held = {path: text for path, text in files(content, "").items() if path}
    return "".join(f"{line}\n" for line in judged.findings(held))


MODULES: dict[str, Callable[[bytes], str]] = {
    "cloud_init": of_cloud_init,
    "hosts": of_hosts,
    "ifupdown": of_ifupdown,
    "iptables_save": of_iptables_save,
    "leases": of_leases,
    "managers": of_managers,
    "naming": of_naming,
    "netplan": of_netplan,
    "nftables": of_nftables,
    "preflight": of_preflight,
}


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_file_is_read_as_its_case_says(path: Path) -> None:
    found = MODULES[path.parent.name](path.read_bytes())
    found = found.encode(errors="backslashreplace").decode()
    wanted = path.with_suffix(".out")
    assert wanted.is_file(), f"there is no {wanted.name}; this is what was read:\n{found}"
    assert found == wanted.read_text(), f"this is what was read:\n{found}"


def test_each_module_has_its_odd_cases_and_no_result_stands_alone() -> None:
    assert {path.parent.name for path in INPUTS} == set(MODULES)
    assert all(path.with_suffix(".in").is_file() for path in CASES.glob("*/*.out"))
    assert not [path for path in CASES.glob("*/*") if path.suffix not in (".in", ".out")]
