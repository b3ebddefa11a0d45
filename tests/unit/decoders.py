"""Every decoder of the package: what reads bytes, text or JSON that another machine or file sent.

A new decoder is a new entry of DECODERS. Its name is that of the function; what follows a blank
tells several entries of one function apart.
"""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from struct import pack
from typing import Any, cast

import yaml
from tests.unit import insides
from tests.unit.fakes import NOON, Time
from tests.unit.insides import MAC
from tests.unit.state.recorded import EXAMPLE, dump, names, text

from runbook.apply.checkpoint import countdown, guests_before, history, manifest, poll
from runbook.apply.checkpoint.layout import Layout
from runbook.apply.steps.journal import Journal
from runbook.common import serial
from runbook.common.errors import ParameterError, ReadFailed, RunbookError
from runbook.guest.undo import progress
from runbook.params import destination, file
from runbook.plan import plan
from runbook.plan.netfilter import canonical, rule
from runbook.run import record
from runbook.state import (
    addresses,
    bridge_ports,
    files,
    firewall,
    guests,
    leases,
    links,
    modules,
    neighbours,
    networks,
    nftables,
    routes,
    rules,
    snapshot,
    sysctl,
    units,
)
from runbook.state.guest import answers, reader
from runbook.state.guest.gathered import gathered
from runbook.state.host import command_output, environment, nic_hardware, operator_connection
from runbook.state.host.environment import NetworkPlace
from runbook.state.syntax import ifupdown, iptables_save, netplan, sysctl_d
from runbook.state.table import NONSENSE
from runbook.transport import RecordedHost, Recording, questions, relay_answers, router
from runbook.transport import netlink as datagrams
from runbook.transport.guest import cleaning, frames
from runbook.transport.guest.agent import AgentChannel
from runbook.transport.guest_endpoints import GuestEndpoints
from runbook.transport.host import Completed, GuestXML, HostFile, NetworkXML
from runbook.transport.relay import frames as relay_frames
from runbook.transport.relay import netlink as relay_netlink

DATA = Path(__file__).parent / "data"
CASES = Path(__file__).parents[1] / "cases"
ARMED = DATA / "armed_by_0.1/host-all-made"
NETWORK = """<network><name>routed</name><forward mode='nat' dev='eth0'/>
<bridge name='virbr1' stp='on' delay='0'/><mac address='52:54:00:00:00:01'/>
<ip address='172.16.1.1' prefix='16'><dhcp><range start='172.16.1.2' end='172.16.1.9'/></dhcp></ip>
</network>"""
GUEST = """<domain><uuid>a</uuid><devices><interface type='network'>
<mac address='52:54:00:00:00:02'/>
<source network='routed'/><target dev='vnet0'/><model type='virtio'/></interface>
</devices></domain>"""
TOLD = (
    b"A 0 7 nic\neth0 -\n\nA 0 9 resolv-link\n/run/a/b \nA 0 1 uid\n0\n"
    b"F 644 36 /etc/network/interfaces\nauto eth0\niface eth0 inet dhcp\n     \nEND\n"
)
LEASE = b"""lease {
  interface "eth0";
  fixed-address 172.16.1.1;
  option dhcp-server-identifier 172.16.0.1;
  expire 4 2026/11/26 10:00:00;
}
"""
SAID = (
    b"rbXH 7 0 b1946ac92492d2347c6235b4d2611184 d41d8cd98f00b204e9800998ecf8427e\n"
    b"aGVsbG8K\nrbXM\nrbXE 7\n"
)
RECORDING = b"""{"format": "runbook-recording", "version": 1, "host": "a",
"answers": [{"question": ["glob", "/a"], "answer": ["/b"]}]}"""
RAN = {"id": 1, "returncode": 0, "stdout": 2, "timed_out": False}
STATUS = {"mode": 0o644, "uid": 0, "gid": 0, "size": 3}
INODE = {
    **dict.fromkeys(("folder", "immutable", "append_only", "read_only"), False),
    "path": "/a",
    "mount": "/",
    "links": 1,
}
PROCESS = {
    "pid": 7,
    "cmdline": "a\0b",
    "exe": "/a",
    "uids": [0, 0, 0, 0],
    "owner": "root",
    "ppid": 1,
    "net_admin": True,
    "net": True,
    "mnt": None,
    "user": False,
}


@dataclass(frozen=True)
class Decoder:
    """What is called, with what it reads well; `raises` is all that a caller is told to expect.

    `cost` is how many of the usual decoders take as long.
    """

    call: Callable[[Any], object]
    seeds: tuple[Any, ...]
    raises: tuple[type[BaseException], ...] = ()
    cost: int = 1


class Answering:
    """A host whose every command says one thing, and whose every file holds it."""

    name = "server-01"

    def __init__(self, content: bytes) -> None:
        """Nothing else is ever answered."""
        self._content = content

    def query(self, argv: tuple[str, ...], *, timeout: float = 30.0) -> Completed:
        """Say it."""
        del timeout
        return Completed(tuple(argv), 0, self._content, b"")

    def read_files(self, paths: tuple[str, ...]) -> tuple[HostFile, ...]:
        """Hold it."""
        return tuple(HostFile(path, self._content, 0o644) for path in paths)

    def glob(self, *patterns: str) -> tuple[str, ...]:
        """Have one of each."""
        return tuple(pattern.replace("*", "20260301T120000Z-abc123") for pattern in patterns)


class Agent:
    """A guest whose agent gives one answer to everything."""

    host, guest = "server-01", "vm-01"

    def __init__(self, answer: str) -> None:
        """Nothing else is ever answered."""
        self._answer = answer

    def ask_agent(self, command: str, *, timeout: float) -> str:
        """Say it."""
        del command, timeout
        return self._answer


@dataclass
class Saying:
    """A guest in which every command says one thing."""

    stdout: bytes
    guest = "vm-01"

    def run(self, argv: tuple[str, ...], *, stdin: bytes = b"", timeout: float = 30.0) -> Completed:
        """Say it."""
        del stdin, timeout
        return Completed(argv, 0, self.stdout, b"")


def agent(answer: str) -> None:
    """Everything that an agent is asked."""
    channel = AgentChannel(cast("GuestEndpoints", Agent(answer)), Time())
    for ask in (channel.ping, channel.enabled, lambda: channel.run(("true",))):
        try:
            ask()
        except RunbookError:
            continue


def journal(content: str) -> None:
    """Everything that a journal is asked."""
    log = Journal(content)
    assert isinstance(log.begun() | log.done(), frozenset)
    assert log.rows() is not None
    assert (log.undo_began, log.last, log.compared, log.guests_confirm) is not None
    assert (log.moves(), log.remarks()) is not None


def recorded(given: object) -> None:
    """All that is read of a host, from a recording with these answers."""
    if not isinstance(given, dict):
        return
    told = {tuple(question.split("\0")): answer for question, answer in given.items()}
    host = RecordedHost.__new__(RecordedHost)
    host._path, host._recording = EXAMPLE, Recording("server-01", told)  # noqa: SLF001 (never on a disk)
    for read in (
        lambda: snapshot.take(host, NOON),
        lambda: environment.read(host, NetworkPlace("enp4s0f0", "172.16.1.1", "virbr1")),
        lambda: command_output.read(host),
    ):
        try:
            read()
        except ReadFailed:
            continue


def written(content: bytes, name: str, read: Callable[[Path], object]) -> None:
    """What reads a file of this name, on one that holds this."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        read(path)


def answered(kind: type[relay_answers.Answer]) -> Callable[[Any], object]:
    """What decodes the header of an answer."""
    return lambda header: relay_answers.read_header(kind, relay_frames.Frame(header, b""))


def _answers() -> dict[str, Any]:
    return {"\0".join(q): answer for q, answer in Recording.load(EXAMPLE).answers.items()}


def _stored(folder: Path) -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted(folder.glob("*.in")))


def _texts(folder: Path, pattern: str = "*") -> tuple[str, ...]:
    return tuple(path.read_text(errors="surrogateescape") for path in sorted(folder.glob(pattern)))


PLAN = (ARMED / "record/plan.json").read_text()
XML = (ValueError, SyntaxError, RecursionError)
DECODERS: Mapping[str, Decoder] = {
    # What the relay sends.
    "transport.relay.frames.Decoder.feed": Decoder(
        lambda data: relay_frames.Decoder().feed(data),
        (relay_frames.encode({"id": 1, "paths": ["/a"]}, b"abc"),),
        (relay_frames.FrameError,),
    ),
    "transport.relay_answers.completed": Decoder(
        lambda h: relay_answers.completed(
            ("a",),
            relay_answers.read_header(relay_answers.Ran, relay_frames.Frame(h, b"abc")),
            b"abc",
        ),
        (RAN,),
        (ValueError,),
    ),
    "transport.relay_answers.files": Decoder(
        lambda h: relay_answers.files(("/a", "/b"), relay_frames.Frame(h, b"abc")),
        ({"files": [STATUS, None]},),
        (ValueError,),
    ),
    "transport.relay_answers.inodes": Decoder(
        lambda h: relay_answers.inodes(("/a",), relay_frames.Frame(h, b"")),
        ({"inodes": [[INODE, INODE]]},),
        (ValueError,),
    ),
    "transport.relay_answers.Processes": Decoder(
        lambda h: [
            relay_answers.process(p)
            for p in relay_answers.read_header(
                relay_answers.Processes, relay_frames.Frame(h, b"")
            ).processes
        ],
        ({"processes": [PROCESS]},),
        (ValueError,),
    ),
    "transport.relay_answers.Paths": Decoder(
        answered(relay_answers.Paths), ({"paths": ["/a", "/b"]},), (ValueError,)
    ),
    "transport.relay_answers.Acks": Decoder(
        answered(relay_answers.Acks), ({"acks": [[1, 0, ""], [2, 17, "x"]]},), (ValueError,)
    ),
    "transport.relay_answers.Refusal": Decoder(
        answered(relay_answers.Refusal),
        ({"error": "no", "errno": 2, "path": "/a", "gate_shut": True},),
        (ValueError,),
    ),
    "transport.relay.netlink.messages": Decoder(
        lambda data: list(relay_netlink.messages(data)), (dump("links"),), (OSError,)
    ),
    "transport.netlink.check": Decoder(
        datagrams.check,
        (b"".join(pack("=IHHII", 16, 16, 5, number, 0) for number in (1, 2)),),
        (ValueError,),
    ),
    # What a router says.
    "transport.router._rows": Decoder(
        router._rows,  # noqa: SLF001 (asking the router takes ssh)
        ('[{"dst":"172.16.1.1","lladdr":"52:54:00:00:00:01"}]', '["lladdr"]'),
    ),
    # What a guest says, by its agent or its console.
    "transport.guest.agent.AgentChannel": Decoder(
        agent,
        (
            '{"return": {"supported_commands": [{"name": "guest-exec", "enabled": true}]}}',
            '{"return": {"pid": 7, "exited": true, "exitcode": 0, "out-data": "YQ=="}}',
            '{"return": [{"name": "lo", "ip-addresses": [{"ip-address": "::1", "prefix": 9}]}]}',
        ),
    ),
    "transport.guest.frames.decode": Decoder(
        lambda said: (
            frames.decode(said, "rbX", 7, hexadecimal=False),
            frames.decode(said, "rbX", 7, hexadecimal=True),
            frames.without_payload(said, "rbX"),
        ),
        (SAID.decode(),),
    ),
    "transport.guest.cleaning.Cleaner.feed": Decoder(
        lambda data: cleaning.Cleaner().feed(data), (b"\x1b[1;31mlogin\x1b]0;a\x07\r\n" + SAID,)
    ),
    "guest.undo.progress.read_progress": Decoder(
        lambda said: progress.read_progress(cast("Any", Saying(said)), "a"),
        (b"armed applied journal\n2026 begin\n",),
        (ReadFailed,),
    ),
    "state.guest.reader.read": Decoder(
        lambda told: reader.read(cast("Any", Saying(told)), MAC, Time()), (TOLD,), (ReadFailed,)
    ),
    "state.guest.answers.parse": Decoder(
        lambda told: answers.parse(gathered(told), MAC), (TOLD,), NONSENSE
    ),
    # Files that a record, a recording or a change on a host has.
    "transport.recording.Recording.load": Decoder(
        lambda data: written(data, "a.json", Recording.load),
        (EXAMPLE.read_bytes()[:3000], RECORDING),
        (ReadFailed,),
    ),
    "transport.recording.Recording.load of gzip": Decoder(
        lambda data: written(data, "a.json.gz", Recording.load),
        (gzip.compress(EXAMPLE.read_bytes(), mtime=0),),
        (ReadFailed,),
    ),
    "transport.recorded.RecordedHost": Decoder(recorded, (_answers(),), cost=10),
    "transport.questions.to_file": Decoder(
        lambda answer: questions.to_file("/a", answer),
        ({"content": {"base64": "YQ=="}, "mode": "0644", "uid": 0, "gid": 0}, None),
        (ValueError,),
    ),
    "apply.checkpoint.manifest.loads": Decoder(
        manifest.loads, ((ARMED / "manifest.json").read_bytes(),), (ValueError,)
    ),
    "apply.checkpoint.guests_before.loads": Decoder(
        guests_before.loads, (guests_before.dumps({"vm-01": insides.seen()}),), (ValueError,)
    ),
    "apply.checkpoint.history.latest": Decoder(
        lambda data: _described(history.latest(cast("Any", Answering(data)))),
        ((ARMED / "journal").read_bytes(), (ARMED / "manifest.json").read_bytes(), PLAN.encode()),
        (RunbookError,),
        cost=3,
    ),
    "apply.checkpoint.countdown.read": Decoder(
        lambda data: countdown.read(cast("Any", Answering(data)), Layout("a")),
        (b"Id=a.timer\nActiveState=active\nNextElapseUSecMonotonic=1min 3.5s\n", b"12.5\n"),
        (ReadFailed,),
    ),
    "apply.checkpoint.poll.read": Decoder(
        lambda data: poll.read(cast("Any", Answering(data)), Layout("a")).over,
        ((ARMED / "manifest.json").read_bytes(), (ARMED / "journal").read_bytes()),
    ),
    "apply.steps.journal.Journal": Decoder(journal, ((ARMED / "journal").read_text(),)),
    "run.record.read": Decoder(
        lambda data: written(data, record.OUTCOME, lambda path: record.read(path.parent).told),
        (b'{"outcome": "confirmed", "operator": "a"}',),
        (OSError, ValueError),
    ),
    "plan.plan.loads": Decoder(plan.loads, (PLAN,), (ValueError,), cost=3),
    "common.serial.loads": Decoder(
        lambda document: serial.loads(document, plan.kinds()), (PLAN[:4000], PLAN), (ValueError,), 3
    ),
    "state.snapshot.loads": Decoder(
        lambda document: snapshot.loads(document, "before.json"),
        ((ARMED / "record/before.json").read_text(),),
        (ReadFailed,),
        cost=5,
    ),
    # What the operator writes.
    "params.file.parse": Decoder(
        lambda content: written(content, "a.yaml", partial(file.read, host="a")),
        (b"connect: ssh\nguests:\n  - {name: a, address: 172.16.1.9/16}\n",),
        (ParameterError,),
    ),
    "params.destination.parse": Decoder(destination.parse, ("root@server-01", "a@fd16::1")),
    # What the kernel, libvirt and the programs of a host say.
    "state.links.parse": Decoder(links.parse, (dump("links"),), NONSENSE),
    "state.bridge_ports.parse": Decoder(bridge_ports.parse, (dump("links"),), NONSENSE),
    "state.addresses.parse": Decoder(
        lambda raw: addresses.parse(raw, names()), (dump("addresses"),), NONSENSE
    ),
    "state.routes.parse": Decoder(
        lambda raw: routes.parse(raw, names()), (dump("routes"),), NONSENSE
    ),
    "state.modules.parse": Decoder(
        modules.parse,
        ("bridge 311296 0 - Live 0x0\nnf_nat 61440 2 nft_chain_nat, Live 0x0\n",),
        NONSENSE,
    ),
    "state.neighbours.parse": Decoder(
        lambda raw: neighbours.parse(raw, names()), (dump("neighbours"),), NONSENSE
    ),
    "state.rules.parse": Decoder(rules.parse, (dump("rules"),), NONSENSE),
    "state.firewall.parse": Decoder(
        lambda said: firewall.parse(said, "nft", "inet"),
        (text("iptables-nft-save.txt"), *_texts(DATA / "iptables")),
        (ValueError,),
    ),
    "state.nftables.parse": Decoder(nftables.parse, (text("nft.json"),), NONSENSE),
    "state.sysctl.parse": Decoder(
        lambda value: sysctl.parse({"/proc/sys/net/ipv4/ip_forward": value}), (b"1\n",), NONSENSE
    ),
    "state.leases.parse": Decoder(
        lambda content: leases.parse((), [HostFile("/var/lib/dhcp/a.leases", content, 0o644)]),
        (LEASE, *_stored(CASES / "leases")),
        NONSENSE,
    ),
    "state.files.parse": Decoder(
        lambda content: files.parse([HostFile("/etc/network/interfaces", content, 0o644)]),
        tuple(
            path.read_bytes() for path in sorted((DATA / "interfaces").rglob("*")) if path.is_file()
        ),
    ),
    "state.units.parse": Decoder(
        units.parse,
        ("\n\n".join(f"Id={n}\nLoadState=loaded\nUnitFileState=enabled" for n in units.NAMES),),
        NONSENSE,
    ),
    "state.networks.parse": Decoder(
        lambda xml: networks.parse([NetworkXML("a", xml, xml, True, True, True)]),  # noqa: FBT003
        (NETWORK,),
        NONSENSE,
    ),
    "state.guests.parse": Decoder(
        lambda xml: guests.parse([GuestXML("a", xml, "running", autostart=True)]),
        (GUEST,),
        NONSENSE,
    ),
    "state.guests.parse_taps": Decoder(
        lambda xml: guests.parse_taps([GuestXML("a", xml, "running", True, xml)]),  # noqa: FBT003
        (GUEST,),
        NONSENSE,
    ),
    "state.host.operator_connection.parse": Decoder(
        operator_connection.parse, ("10.0.0.1 50000 172.16.1.1 22\n",), (ValueError,)
    ),
    "state.host.nic_hardware.parse": Decoder(
        nic_hardware.parse,
        ("/sys/class/net/eth0/speed:1000\n/sys/class/net/eth0/device/uevent:DRIVER=e1000e\n",),
        (ValueError,),
    ),
    # Files of a host or a guest.
    "state.syntax.ifupdown.parse": Decoder(
        lambda content: (
            ifupdown.parse("/etc/network/interfaces", content),
            ifupdown.misplaced(content),
            ifupdown.sourced("/etc/network/interfaces", content),
        ),
        _texts(CASES / "ifupdown", "*.in"),
    ),
    "state.syntax.iptables_save.parse": Decoder(
        iptables_save.parse, _texts(DATA / "iptables"), (ValueError,)
    ),
    "state.syntax.netplan.loads": Decoder(
        lambda content: list(netplan.entries(netplan.loads(content), "eth0", MAC)),
        (*_stored(CASES / "netplan"), b"network: {ethernets: {eth0: {match: {name: 'e*'}}}}"),
        (yaml.YAMLError,),
    ),
    "state.syntax.sysctl_d.assigned": Decoder(
        lambda content: sysctl_d.assigned({"/etc/sysctl.d/a.conf": content}, "net.ipv4.ip_forward"),
        ("# a\n-net/ipv4/ip_forward = 1\nnet.ipv4.*=0\n",),
    ),
    "plan.netfilter.rule.parsed": Decoder(
        lambda said: (canonical.canonical(said), rule.parsed(said)),
        ('-A INPUT -i eth0 ! -s 10.0.0.0/8 -m comment --comment "a b" -j REJECT --reject-with a',),
        (ValueError,),
    ),
}


def _described(ended: history.EndedChange | None) -> object:
    return ended and ended.describe()
