"""Whatever on the host knows the NIC by its name: what a boot makes of it after the change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from runbook.plan.changes.firewall import TwinRule
from runbook.plan.forecast.loaders import Sort
from runbook.plan.forecast.mended_lines import of_iptables, of_nftables
from runbook.plan.forecast.named_lines import Named, is_rule, named, renamed, says
from runbook.plan.netfilter.expected import SAVED
from runbook.plan.netfilter.owner import LIBVIRT_CHAIN
from runbook.preflight.boot_lines import (
    ABOUT,
    AT_A_LEASE,
    BY_NAME,
    IF_UP,
    MOST_SHOWN,
    asks_by_a_variable,
    asks_for_the_address,
    early,
    gives_any_interface,
    in_words,
    keeps_in_a_variable,
    keeps_the_bridge,
    runs_at_each_lease,
    runs_before_the_address,
)
from runbook.preflight.finding import Case, Finding, looked_for
from runbook.preflight.firewall import FIREWALLD, FIREWALLD_ZONE
from runbook.state.files import FileRow
from runbook.state.firewall import FirewallRow
from runbook.state.host.line_search import Line
from runbook.state.host.naming_files import NamingFile
from runbook.state.leases import LeaseRow

AT_BOOT = "rules-at-boot"
CUT_OFF = (
    "after the next boot the host's traffic comes in by {bridge}, and rules for {nic} alone do not"
    " match it: the host may be cut off for good"
)
# What ufw itself writes; its other files are edited by hand.
UFW_OWN = ("user.rules", "user6.rules")
NFT = "nftables.service"
_DEFINES = re.compile(r"\s*(re)?define\s")
_LOSES = re.compile(r"^-P \S+ DROP$| -j (DROP|REJECT)\b")
_UFW_VERBS = {"ACCEPT": "allow", "DROP": "deny", "REJECT": "reject"}
# What ufw writes for a rule that it was given: interface, protocol, and each end.
_UFW_RULE = re.compile(
    r"-A ufw6?-user-(?:in|out)put -([io]) \S+(?: -p (tcp|udp))?(?: -d (\S+))?(?: --dport (\d+))?"
    r"(?: -s (\S+))? -j (ACCEPT|DROP|REJECT)"
)
_UFW_WAYS = {"i": "in", "o": "out"}


@looked_for(
    ABOUT, "what a boot loads or starts by the NIC's name works with the bridge too", CUT_OFF
)
def _names(case: Case) -> Iterator[Finding]:
    nic, bridge = case.params.holder, case.params.bridge
    files = [named(file, nic, bridge) for file in _once(case.around.naming.files)]
    unsaved = tuple(twin for twin in _unsaved(case) if not _loaded(twin.rule, files))
    filtering = [n for n in files if _makes_rules(n, case, live=bool(unsaved))]
    yield from (_rules(n, case) for n in filtering)
    if unsaved and not filtering:
        yield _nobody(unsaved, case)
    for n in files:
        yield from _of_file(n, case, filters=n in filtering)
    for script in case.around.naming.giving:
        yield gives_any_interface(script, case)
    if not case.around.naming.complete:
        yield Finding(
            "consent",
            ABOUT,
            "more files name the NIC, or are named by scripts, than runbook looks at",
            "a file that was not looked at may hold rules for the NIC alone",
            f"look through `grep -rw {nic} /etc`, then consent: [{BY_NAME}]",
            BY_NAME,
        )


def _of_file(n: Named, case: Case, *, filters: bool) -> Iterator[Finding]:
    """What a boot does by the file's lines, beside rules of a firewall."""
    giving = {script.path for script in case.around.naming.giving}
    if _defined(n):
        return
    if n.wrong:
        yield keeps_the_bridge(n, case)
    elif n.asking_by_variable:
        yield asks_by_a_variable(n, case)
    elif not filters and n.variables:
        yield keeps_in_a_variable(n, case)
    elif not filters and n.acting:
        yield from _other(n, case)
    elif n.conditions and n.file.path not in giving:
        yield from _not_run_as_before(n, case)


def _not_run_as_before(n: Named, case: Case) -> Iterator[Finding]:
    """What only asks for the NIC's name, in a script that runs earlier now, or not at all."""
    if n.file.path in {script.path for script in case.around.own_scripts}:
        return
    if n.file.path.startswith(IF_UP):
        yield runs_before_the_address(n, case)
    lent = any(row.ifname == case.params.holder for row in case.snapshot.rows(LeaseRow))
    if lent and n.loader.program == AT_A_LEASE:
        yield runs_at_each_lease(n, case)


def _once(files: Iterable[NamingFile]) -> list[NamingFile]:
    """The files without the links by which systemd enables a unit that is among them."""
    units = {(file.path.rpartition("/")[2], file.lines) for file in files if not _enables(file)}
    return [f for f in files if not (_enables(f) and (f.path.rpartition("/")[2], f.lines) in units)]


def _enables(file: NamingFile) -> bool:
    return file.path.rpartition("/")[0].endswith((".wants", ".requires"))


def _makes_rules(n: Named, case: Case, *, live: bool) -> bool:
    """Whether a boot makes rules of the file that do not match on the bridge."""
    if not n.filters or not n.acting or not n.at_boot or _defined(n):
        return False
    if n.loader.program == "ufw":
        return _ufw_runs(case)
    # A script with a variable: whether each of its rules is there for both names is seen live.
    return live or not (n.sort is Sort.SCRIPT and n.both)


def _defined(n: Named) -> bool:
    """Whether nft's file only defines a word for the NIC, and has rules for the bridge.

    Whether each of its rules is there for both names is seen live.
    """
    defined = all(map(_DEFINES.match, (line.text for line in n.acting)))
    return n.loader.program == NFT and n.both and defined


def _ufw_runs(case: Case) -> bool:
    return any(row.chain.startswith("ufw") for row in case.snapshot.rows(FirewallRow))


def _unsaved(case: Case) -> Iterator[TwinRule]:
    """Live rules for the NIC that count, and that netfilter-persistent does not load."""
    twins = [change for change in case.plan.changes if isinstance(change, TwinRule)]
    if not twins or not any(_loses(row) for row in case.snapshot.rows(FirewallRow)):
        return
    saved = {family: _saved(case, family) for family in SAVED}
    yield from (twin for twin in twins if twin.rule not in saved[twin.family])


def _loaded(rule: str, files: list[Named]) -> bool:
    """Whether a boot loads the rule from a file that has it for the bridge too."""
    whole = (n for n in files if n.filters and n.at_boot and n.both and not n.acting)
    return any(says(line.text, rule) for n in whole for line in n.file.lines)


def _loses(row: FirewallRow) -> bool:
    return not row.chain.startswith(LIBVIRT_CHAIN) and bool(_LOSES.search(row.rule))


def _saved(case: Case, family: str) -> frozenset[str]:
    row = case.snapshot.find(FileRow, SAVED[family])
    if row is None or not case.around.persistence.in_place:
        return frozenset()
    lines = (line.strip() for line in row.content.split("\n"))
    return frozenset(line.partition("] ")[2] if line.startswith("[") else line for line in lines)


def _rules(n: Named, case: Case) -> Finding:
    nic, bridge = case.params.holder, case.params.bridge
    return Finding(
        "block",
        ABOUT,
        f"{in_words(n)}; {n.run_by}",
        CUT_OFF.format(nic=nic, bridge=bridge),
        _mended(n, nic, bridge),
    )


def _mended(n: Named, nic: str, bridge: str) -> str:
    program = n.loader.program
    if program == "ufw" and n.file.path.rpartition("/")[2] in UFW_OWN:
        return f"for each of them type: {'; '.join(_ufw(n.acting, bridge))}; then run again"
    if program == FIREWALLD:
        return (
            f"{FIREWALLD_ZONE}; have iptables-persistent or nftables load the rules, for both"
            " names, and disable firewalld"
        )
    if program == NFT:
        lines = (of_nftables(x, nic, bridge) for x in n.acting[:MOST_SHOWN])
        return f"name both in {n.file.path}, {'; '.join(lines)}; then `nft -f {n.file.path}`"
    if rules := [line for line in n.acting if is_rule(line)]:
        lines = (of_iptables(x, nic, bridge) for x in rules[:MOST_SHOWN])
        return f"in {n.file.path}: {'; '.join(lines)}"
    if n.by_its_name:
        return f"systemctl enable --now {renamed(n.acting[0].text, nic, bridge)}, then run again"
    script = n.file.path if n.file.filters else n.file.led_from[0]
    return (
        f"have {script} make each of its rules for {bridge} too (for i in {nic} {bridge}; do"
        " ...; done), run it once, then run this again"
    )


def _ufw(lines: tuple[Line, ...], bridge: str) -> Iterator[str]:
    """The commands of ufw that make the same rules for the bridge."""
    commands = (
        _ufw_command(match, bridge)
        if (match := _UFW_RULE.fullmatch(line.text))
        else f"repeat the ufw command of this rule, with `on {bridge}`: {line.text}"
        for line in lines
    )
    yield from dict.fromkeys(commands)


def _ufw_command(rule: re.Match[str], bridge: str) -> str:
    way, proto, to, port, source, target = rule.groups()
    words = [f"ufw {_UFW_VERBS[target]} {_UFW_WAYS[way]} on {bridge}"]
    words += [f"from {source}"] if source else []
    words += [f"to {to or 'any'}"] if to or port else []
    words += [f"port {port}"] if port else []
    words += [f"proto {proto}"] if proto else []
    return " ".join(words)


def _nobody(unsaved: tuple[TwinRule, ...], case: Case) -> Finding:
    nic, bridge = case.params.holder, case.params.bridge
    rules = "; ".join(twin.rule for twin in unsaved[:MOST_SHOWN])
    problem = f"{len(unsaved)} live rules name {nic}, and no file"
    if scripts := ", ".join(case.around.naming.by_variable[:MOST_SHOWN]):
        problem = f"{scripts} makes rules for $IFACE, which {bridge} never is; {problem}"
    return Finding(
        "consent",
        AT_BOOT,
        f"{problem} that runbook knows loads them: {rules}",
        CUT_OFF.format(nic=nic, bridge=bridge),
        f"if something loads them at a boot, have it load them for {nic} and for {bridge}, or save"
        " them with `netfilter-persistent save`. A script that finds the name out when it runs"
        " loads them for one alone: a boot, or an undo after a boot, may then cut the host off. If"
        f" nothing loads them, consent: [{AT_BOOT}]",
        AT_BOOT,
    )


def _other(n: Named, case: Case) -> Iterator[Finding]:
    nic, bridge = case.params.holder, case.params.bridge
    # A script that filters for both names: its rules were seen to be live for both.
    if n.sort in (Sort.JUDGED, Sort.SILENT) or (n.filters and n.sort is Sort.SCRIPT and n.both):
        return
    if n.sort is Sort.WATCHES or n.loader.program == "ufw" or not n.at_boot:
        why = f"{nic} is there as before, without an address"
        yield Finding(
            "note", ABOUT, f"{in_words(n)}; {n.run_by}", why, "nothing, if this is enough"
        )
        return
    if n.sort is Sort.EARLY:
        yield early(n, case)
        return
    if n.asking:
        yield asks_for_the_address(n, case)
    if others := tuple(line for line in n.acting if line not in n.asking):
        yield Finding(
            "consent",
            ABOUT,
            f"{in_words(n, others)}; {n.run_by}",
            f"{nic} will have no address, and what binds to it by name does not serve the host's"
            " address any more",
            f"{_as_well(n, others, nic, bridge)} (also possible after the change); then consent:"
            f" [{BY_NAME}]",
            BY_NAME,
        )


def _as_well(n: Named, acting: tuple[Line, ...], nic: str, bridge: str) -> str:
    if n.by_its_name:
        return f"systemctl enable {renamed(n.acting[0].text, nic, bridge)}"
    shown = acting[:MOST_SHOWN]
    lines = "; ".join(f"line {x.number}: {renamed(x.text, nic, bridge)}" for x in shown)
    return f"add {bridge} to {n.file.path}: {lines}"


RULES = (_names,)
