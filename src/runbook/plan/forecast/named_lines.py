"""The lines of a file that name the NIC: which of them act, and what each lacks. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from runbook.plan.forecast.loaders import Loader, Sort, loader
from runbook.state.host.line_search import Line
from runbook.state.host.naming_files import FILTERS, VARIABLE, NamingFile, Use
from runbook.state.syntax.ifupdown import INTERFACES
from runbook.state.syntax.nic_commands import asks_address, gives_address, takes
from runbook.state.sysctl import WORDS4, WORDS6

_COMMENT = re.compile(r"\s*(#|;|//|<!--)|.*?\s#")
_RULE = re.compile(rf"\b{FILTERS}\b|\s-A\s|^-A\s|\b[io]ifname\b|\b[io]if\b|\s-[io]\s")
# A line that asks for the name, and does nothing with it.
_CONDITION = re.compile(r"\s*(if|elif|while|case|test|\[)\b|\s*\[|.*\$\{?IFACE\b|[^=\s(]*\)")
# Behind one of these another command of the line begins.
_NEXT_COMMAND = re.compile(r"&&|\|\||;|\bthen\b|\bdo\b")
# A rule in the words of iptables-save, whatever program is given it.
_SAVED_RULE = re.compile(r"(\[\d+:\d+\] )?-[AI] \S+ ")
UDEV = "/etc/udev/rules.d/"
_CLIENT = re.compile(r"(dhclient|dhcpcd|udhcpc|dhcp)[\w.-]*@")
_ASSIGNMENT = re.compile(r"\s*(export\s+)?[A-Za-z_]\w*=")
# A chain of nft's that hangs on the NIC itself: it sees each frame, also of a port of a bridge.
_ON_THE_WIRE = re.compile(r"\bhook (ingress|egress) devices?\b")
_KERNEL_PARAMETER = re.compile(r"/proc/sys/net/(\S+)")
# Commands that are as good for a port of a bridge.
OF_A_PORT = re.compile(
    r"\b(ethtool|mii-tool|tc|iw|tcpdump|logger|echo|printf|vnstat|lldpcli|ip (-\w+ )*link"
    r"|ifup|ifdown|ifquery)\b"
)


@dataclass(frozen=True, slots=True)
class Named:
    """A file that names the NIC, and those of its lines that do not serve the bridge as well.

    `both` says whether the file names the bridge at all. `giving` are lines that give the NIC an
    address or a route of its own at a boot, `taking` those that take it for something else: what
    they do is wrong even beside a line for the bridge.
    """

    file: NamingFile
    loader: Loader
    lacking: tuple[Line, ...]
    both: bool
    giving: tuple[Line, ...] = ()
    taking: tuple[Line, ...] = ()
    nic: str = ""

    @property
    def sort(self) -> Sort:
        """What the file is; one that a script comes to is taken for a script."""
        if self.loader.sort is Sort.UNKNOWN and self.file.led_from:
            return Sort.SCRIPT
        # A command of another stanza; those of the NIC's own are refused with the stanza.
        if self._has_stanzas and self.file.filters:
            return Sort.SCRIPT
        return self.loader.sort

    @property
    def _has_stanzas(self) -> bool:
        return self.loader.sort is Sort.JUDGED and self.file.path.startswith(INTERFACES)

    @property
    def at_boot(self) -> bool:
        """Whether something is known to run or read it at a boot."""
        if self.file.unit in ("disabled", "masked"):
            return False
        return bool(self.loader.program) or bool(self.file.led_from)

    @property
    def filters(self) -> bool:
        """Whether it makes firewall rules of the NIC's name."""
        if self.sort is not Sort.SCRIPT:
            return self.sort is Sort.RULES
        texts = [line.text for line in self.file.lines]
        return (
            self.file.filters
            or any(map(_SAVED_RULE.match, texts))
            or (self.file.read_by_filter and any(map(_ASSIGNMENT.match, texts)))
        )

    @property
    def wrong(self) -> tuple[Line, ...]:
        """Lines by which a boot would keep the bridge from its address or its port."""
        scripts = self.sort in (Sort.SCRIPT, Sort.UNKNOWN) and not self._has_stanzas
        # Nothing else of a rule of udev would miss the bridge.
        scripts = scripts or self.file.path.startswith(UDEV)
        return (*self.giving, *self.taking) if scripts and self.at_boot else ()

    @property
    def variables(self) -> tuple[Line, ...]:
        """Lines that keep the name in a variable, for a command that gives or takes interfaces."""
        asked = self.file.configures and self.sort in (Sort.SCRIPT, Sort.UNKNOWN) and self.at_boot
        keeping = (x for x in self.lacking if VARIABLE.match(x.text) and x not in self.asking)
        return tuple(keeping) if asked else ()

    @property
    def by_its_name(self) -> bool:
        """Whether it is a unit of which nothing but the name says that it is for the NIC."""
        return any(line.number == 0 for line in self.lacking)

    @property
    def acting(self) -> tuple[Line, ...]:
        """The lacking lines that do something a port of a bridge does not serve for."""
        if self.loader.program == "systemd-sysctl":
            return tuple(line for line in self.lacking if not _followed(line.text))
        if self.sort is not Sort.SCRIPT:
            return self.lacking
        if self._has_stanzas:
            return tuple(line for line in self.lacking if is_rule(line))
        wrong = (*self.giving, *self.taking)
        return tuple(line for line in self.lacking if line in wrong or self._acts(line.text))

    @property
    def conditions(self) -> tuple[Line, ...]:
        """The lines that ask for the name, where the file does nothing else with it."""
        alone = all(_CONDITION.match(x.text) and not OF_A_PORT.search(x.text) for x in self.lacking)
        return self.lacking if alone and not self.acting else ()

    def _acts(self, text: str) -> bool:
        if is_rule(Line(0, text)):
            return True
        commands = (part for part in _NEXT_COMMAND.split(text) if names(part, self.nic))
        return not all(_is_harmless(command, self.nic) for command in commands)

    @property
    def asking(self) -> tuple[Line, ...]:
        """The acting lines of a script that ask which address the NIC has."""
        if self.sort not in (Sort.SCRIPT, Sort.UNKNOWN):
            return ()
        return tuple(line for line in self.acting if asks_address(line.text, (self.nic,)))

    @property
    def asking_by_variable(self) -> tuple[Use, ...]:
        """Lines of this file, or of one that is read with it, that ask by a variable for it."""
        asked = self.sort in (Sort.SCRIPT, Sort.UNKNOWN) and self.at_boot and bool(self.lacking)
        return self.file.asking if asked else ()

    @property
    def run_by(self) -> str:
        """What comes to it at a boot, in words."""
        if self.file.led_from:
            return f"{self.file.led_from[0]} leads to it"
        if self._has_stanzas:
            return "ifupdown reads it"
        return f"{self.loader.program} reads it" if self.loader.program else "nothing known runs it"


def named(file: NamingFile, nic: str, bridge: str) -> Named:
    """The file, judged by its lines."""
    lines = [line for line in file.lines if not _only_comment(line.text, nic, bridge)]
    texts = {line.text for line in lines}
    own = [line for line in lines if names(line.text, nic) and not _ON_THE_WIRE.search(line.text)]
    lacking = tuple(
        line
        for line in own
        if not names(line.text, bridge) and renamed(line.text, nic, bridge) not in texts
    )
    both = any(names(line.text, bridge) for line in lines)
    alone = [line for line in own if not names(line.text, bridge)]
    giving = tuple(x for x in alone if gives_address(x.text, (nic,)) or _is_client(x, file.path))
    taking = tuple(line for line in alone if takes(line.text, (nic,)))
    return Named(file, loader(file.path), lacking, both, giving, taking, nic)


def _is_client(line: Line, path: str) -> bool:
    """Whether a unit is a DHCP client for the NIC, of which its name alone says so."""
    return line.number == 0 and bool(_CLIENT.match(path.rpartition("/")[2]))


def names(text: str, ifname: str) -> bool:
    """Whether the text has the interface's name as a word; `eth0.10` is another interface."""
    return _word(ifname).search(text) is not None


def renamed(text: str, nic: str, bridge: str) -> str:
    """The line with the bridge's name in the place of the NIC's."""
    return _word(nic).sub(bridge, text)


def is_rule(line: Line) -> bool:
    """Whether the line itself is a rule, which can stand a second time with the other name."""
    return _RULE.search(line.text) is not None


def says(text: str, rule: str) -> bool:
    """Whether a line of a script makes the rule, as iptables-save shows it (it adds words)."""
    words = text.split()
    at = next((number for number, word in enumerate(words) if word in ("-A", "-I")), None)
    return at is not None and set(words[at + 1 :]) <= set(rule.split())


def _followed(text: str) -> bool:
    """Whether the change itself brings the kernel parameter to the bridge."""
    parameter = re.split(r"[./]", text.partition("=")[0].strip())[-1]
    return parameter in (*WORDS4, *WORDS6)


def _is_harmless(command: str, nic: str) -> bool:
    if parameter := _KERNEL_PARAMETER.search(command):
        return _followed(parameter[1])
    condition = _CONDITION.match(command) and not asks_address(command, (nic,))
    return bool(condition or OF_A_PORT.search(command))


def _only_comment(text: str, nic: str, bridge: str) -> bool:
    comment = _COMMENT.match(text)
    if comment is None:
        return False
    before = text[: comment.end()]
    return not (names(before, nic) or names(before, bridge))


def _word(ifname: str) -> re.Pattern[str]:
    # iptables takes `-ieth0` too, and systemd calls the NIC `sys-subsystem-net-devices-eth0`.
    begins = r"(?:(?<![\w-])|(?<=devices-)|(?<=\s-[io]))"
    return re.compile(rf"{begins}{re.escape(ifname)}(?![\w-]|\.\d)")
