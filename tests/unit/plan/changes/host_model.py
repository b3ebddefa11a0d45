"""A host as plain data, and what each step does to it: enough of a kernel to see an undo restore.

What the kernel does by itself along with a request is modelled where a change
depends on it: an address brings and takes its connected route, a forwarding
switch overwrites those of the interfaces, a bridge takes all that is on it along.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import singledispatchmethod
from ipaddress import ip_interface
from typing import Any
from xml.etree.ElementTree import fromstring

from runbook.params.fields import CARRIERS
from runbook.plan.changes.aside import ENDING, MoveAside, PutBack
from runbook.plan.changes.file_steps import (
    EditFile,
    MakeDir,
    RemoveDir,
    RemoveFile,
    Restore,
    WriteFile,
)
from runbook.plan.changes.guest_steps import DEFINITIONS, Plug
from runbook.plan.changes.idle_ports import HushIdlePorts
from runbook.plan.changes.ipv6 import stand_in
from runbook.plan.changes.messages import (
    Action,
    Address,
    BridgeOption,
    LinkMaster,
    Neighbour,
    Route,
    is_ipv6,
)
from runbook.plan.changes.processes import EndUnit, Kill, StartClient
from runbook.plan.changes.profile import PLAIN
from runbook.plan.changes.steps import (
    Announce,
    CarryNeighbours,
    Command,
    DropNetwork,
    NeedNic,
    Netlink,
    Step,
    Sysctl,
)
from runbook.plan.changes.two_bridges import (
    CloseShortcut,
    HurryKernel,
    JoinBridges,
    OpenShortcut,
    TakePorts,
)
from runbook.plan.changes.waits import (
    AwaitAdmitted,
    AwaitCarrier,
    AwaitLinkLocal,
    AwaitRouter,
    Relearn,
)
from runbook.state.syntax.iptables_save import words

SWITCHES = {"net.ipv4.ip_forward": "net.ipv4.conf.", "net.ipv6.conf.all.forwarding": "net.ipv6."}
Chain = tuple[str, str, str]


@dataclass
class HostModel:
    """Interfaces with their bridges, addresses, routes in the kernel's order, files, and so on."""

    masters: dict[str, str]
    addresses: list[Address]
    routes: list[Route]
    files: dict[str, bytes]
    folders: set[str]
    sysctls: dict[str, str]
    chains: dict[Chain, list[tuple[str, ...]]] = field(default_factory=dict)
    policies: dict[Chain, str] = field(default_factory=dict)
    own_chains: set[Chain] = field(default_factory=set)
    clients: set[tuple[str, ...]] = field(default_factory=set)
    pids: dict[str, tuple[str, ...]] = field(default_factory=dict)
    networks: dict[str, str] = field(default_factory=dict)
    armed: HostModel | None = None

    def arm(self) -> None:
        """Keep the originals, as arming does."""
        self.armed = deepcopy(self)

    def state(self) -> dict[str, Any]:
        """All that an operator would want back."""
        return {
            "masters": self.masters,
            "addresses": sorted(map(str, map(_whether_it_ends, self.addresses))),
            # How long a route has still to live is not what an operator wants back.
            "routes": sorted(str(replace(route, expires_s=0)) for route in self.routes),
            "files": self.files,
            "folders": self.folders,
            "sysctls": self.sysctls,
            "chains": {place: rules for place, rules in self.chains.items() if rules},
            "policies": {
                place: policy for place, policy in self.policies.items() if policy != "ACCEPT"
            },
            "own_chains": self.own_chains,
            "clients": self.clients,
            "networks": self.networks,
        }

    @singledispatchmethod
    def make(self, step: Step) -> None:
        """Do what the step says."""
        raise NotImplementedError(step)

    @make.register
    def _(self, step: Announce | CarryNeighbours | NeedNic) -> None:
        """Nothing of the host changes by these."""

    @make.register
    def _(self, step: HushIdlePorts) -> None:
        """Only what a NIC says of itself."""

    @make.register
    def _(self, step: HurryKernel) -> None:
        """A kernel that waits for less is the same host."""

    @make.register
    def _(self, step: OpenShortcut | CloseShortcut) -> None:
        """The way of frames; all that an operator sees stays where it is."""

    @make.register
    def _(self, step: JoinBridges) -> None:
        if step.new in self.masters:
            self.masters |= {CARRIERS[0]: step.new, CARRIERS[1]: step.old}

    @make.register
    def _(self, step: TakePorts) -> None:
        for carrier in CARRIERS:
            self.masters.pop(carrier, None)
        for name, master in self.masters.items():
            self.masters[name] = step.old if master == step.new else master

    @make.register
    def _(self, step: Plug) -> None:
        path = f"{DEFINITIONS}/{step.guest}.xml"
        self.files[path] = f"{step.guest} on {step.source}".encode()

    @make.register
    def _(self, step: AwaitAdmitted | AwaitCarrier | AwaitLinkLocal) -> None:
        """Nor by these."""

    @make.register
    def _(self, step: AwaitRouter | Relearn) -> None:
        """The router speaks, and the kernel makes its own routes of it."""
        for learned in step.routes:
            own = replace(learned, ifname=step.ifname)
            if step.ifname in self.masters and own not in self.routes:
                self.routes.append(own)
            if isinstance(step, Relearn):
                self._send(replace(stand_in(own), action=Action.DELETE))

    @make.register
    def _(self, step: Netlink) -> None:
        for message in step.messages:
            self._send(message)

    @make.register
    def _(self, step: WriteFile) -> None:
        assert step.path.rpartition("/")[0] in self.folders
        self.files[step.path] = step.content

    @make.register
    def _(self, step: EditFile) -> None:
        self.files[step.path] = step.applied_to(self.files[step.path])

    @make.register
    def _(self, step: RemoveFile) -> None:
        self.files.pop(step.path, None)

    @make.register
    def _(self, step: MoveAside) -> None:
        if step.path in self.files:
            self.files[step.aside] = self.files.pop(step.path)

    @make.register
    def _(self, step: PutBack) -> None:
        if f"{step.path}{ENDING}" in self.files and step.path not in self.files:
            self.files[step.path] = self.files.pop(f"{step.path}{ENDING}")
        else:
            self.make(Restore(step.path))

    @make.register
    def _(self, step: Restore) -> None:
        assert self.armed
        self.files.pop(step.path, None)
        if step.path in self.armed.files:
            self.files[step.path] = self.armed.files[step.path]

    @make.register
    def _(self, step: MakeDir) -> None:
        self.folders.add(step.path)

    @make.register
    def _(self, step: RemoveDir) -> None:
        assert self.armed
        inside = any(path.startswith(f"{step.path}/") for path in self.files)
        if step.path not in self.armed.folders and not inside:
            self.folders.discard(step.path)

    @make.register
    def _(self, step: Sysctl) -> None:
        if step.name not in self.sysctls:
            return
        for name in self.sysctls:
            beside = name.startswith(SWITCHES.get(step.name, "-")) and name.endswith("forwarding")
            if beside and self.sysctls[step.name] != step.value:
                self.sysctls[name] = step.value
        self.sysctls[step.name] = step.value

    @make.register
    def _(self, step: DropNetwork) -> None:
        self.networks.pop(step.name, None)
        self._delete_link(step.bridge)

    @make.register
    def _(self, step: Kill) -> None:
        assert self.pids[str(step.pid)] == step.running
        self.clients.discard(step.running)

    @make.register
    def _(self, step: EndUnit) -> None:
        self.clients.discard((step.unit,))

    @make.register
    def _(self, step: StartClient) -> None:
        # How it is started may differ in how it begins, which no row of the model has.
        assert self.armed
        served = {argv for argv in self.armed.clients if step.ifname in " ".join(argv)}
        family = {argv for argv in served if ("-6" in argv) == (step.family == "-6")}
        if not family & self.clients:
            self.clients |= family

    @make.register
    def _(self, step: Command) -> None:
        match step.argv:
            case ("virsh", "--connect", _, verb, *rest):
                self._virsh(verb, rest, step.stdin)
            case ("ip", "link", "add", "name", one, *_, "peer", "name", two):
                self.masters |= {one: "", two: ""}
            case ("ip", "link", "delete", "dev", name):
                self._delete_link(name)
                self.masters.pop(name.replace("carrier0", "carrier1"), None)
            case ("ip", "link", "set", "dev", name, *_):
                assert name in self.masters
            case (program, "-w", "5", "-t", table, verb, chain, *rest):
                self._iptables(verb, (_backed(program), table, chain), rest)
            case (program, "--wait=5", "--noflush"):
                self._restore(_backed(program.removesuffix("-restore")), step.stdin.decode())
            case ("modprobe", _):
                self.sysctls.setdefault("net.netfilter.nf_conntrack_tcp_loose", "1")
            case ("systemctl", "start", *rest) | ("cp", _, *rest) | ("sed", "--in-place", _, *rest):
                self._client(rest)
            case ("systemctl", "try-restart", *_) | ("ip", "token", *_) | ("sysctl" | "sh", *_):
                pass
            case _:
                raise NotImplementedError(step.argv)

    def _client(self, rest: list[str]) -> None:
        """The client on the bridge: its unit, its lease copied, or its lease edited."""
        match rest:
            case [there, to]:
                self.files[to] = self.files[there]
            case [path] if "/" in path:
                assert path in self.files
            case [unit]:
                self.clients.add((unit,))

    def _iptables(self, verb: str, place: Chain, rest: list[str]) -> None:
        rules = self.chains.setdefault(place, [])
        match verb:
            case "-I":
                self._led_to(place, rest)
                rules.insert(int(rest[0]) - 1, tuple(rest[1:]))
            case "-P":
                self.policies[place] = rest[0]
            case "-F":
                rules.clear()
            case "-X":
                # The kernel keeps a chain that holds rules or is led to.
                led = any(
                    rule[-2:] == ("-j", place[2]) for some in self.chains.values() for rule in some
                )
                if not rules and not led:
                    self.own_chains.discard(place)
            case "-D":
                if tuple(rest) in rules:
                    rules.remove(tuple(rest))
            case _:
                raise NotImplementedError(verb)

    def _led_to(self, place: Chain, rest: list[str]) -> None:
        target = rest[rest.index("-j") + 1]
        assert target.isupper()
        assert target in ("ACCEPT", "DROP") or (*place[:2], target) in self.own_chains

    def _restore(self, program: str, text: str) -> None:
        table = ""
        for line in text.splitlines():
            if line.startswith("*"):
                table = line[1:]
            elif line.startswith(":"):
                place = (program, table, line[1:].split()[0])
                assert place not in self.own_chains
                self.own_chains.add(place)
            elif line.startswith("-A "):
                chain, *rest = words(line)[1:]
                self.chains.setdefault((program, table, chain), []).append(tuple(rest))
            else:
                assert line == "COMMIT"

    def _virsh(self, verb: str, rest: list[str], xml: bytes) -> None:
        if verb == "net-define":
            self.networks[fromstring(xml).findtext("name", "")] = xml.decode()  # noqa: S314
        elif verb == "net-start":
            root = fromstring(self.networks[rest[0]])  # noqa: S314
            bridge = root.find("bridge").get("name", "")  # type: ignore[union-attr]
            ip = ip_interface("{address}/{netmask}".format(**root.find("ip").attrib))  # type: ignore[union-attr]
            self.masters[bridge] = ""
            # Parameters of an interface come and go with it.
            own = (f"net.ipv4.conf.{bridge}.{word}" for word in ("arp_notify", "arp_announce"))
            self.sysctls |= dict.fromkeys(own, "0")
            length = ip.network.prefixlen
            self._send(Address(Action.ENSURE, bridge, str(ip.ip), length))

    def _delete_link(self, name: str) -> None:
        self.masters.pop(name, None)
        mine = [n for n in self.sysctls if n.startswith(f"net.ipv4.conf.{name}.")]
        self.sysctls = {n: value for n, value in self.sysctls.items() if n not in mine}
        self.masters = {port: "" if m == name else m for port, m in self.masters.items()}
        for address in [a for a in self.addresses if a.ifname == name]:
            self._send(replace(address, action=Action.DELETE))
        self.routes = [route for route in self.routes if route.ifname != name]

    def _send(self, message: object) -> None:
        match message:
            case LinkMaster():
                if message.ifname in self.masters:
                    self.masters[message.ifname] = message.master
            case Address():
                self._address(message)
            case Route():
                self._route(message)
            case BridgeOption() | Neighbour():
                pass

    def _address(self, message: Address) -> None:
        what = (message.ifname, message.address, message.prefixlen)
        held = [a for a in self.addresses if (a.ifname, a.address, a.prefixlen) == what]
        first = self._first(message)
        self.addresses = [a for a in self.addresses if a not in held]
        # A secondary address has no route of its own, and goes with the first of its subnet.
        secondary = first is not None and first not in held
        connected = None if secondary else _connected(message)
        if message.action is Action.DELETE and held and not secondary:
            self.addresses = [a for a in self.addresses if not _follows(a, message)]
        if message.action is Action.ENSURE:
            self.addresses.append(message)
            if connected and not held and not message.noprefixroute:
                self.routes += [connected] if connected not in self.routes else []
        elif held and not (is_ipv6(message.address) and held[0].valid_lft_s):
            # An IPv6 prefix with a lifetime outlives the address that was made of it.
            self.routes = [r for r in self.routes if r != connected]
            if message.address not in {a.address for a in self.addresses}:
                self.routes = [r for r in self.routes if r.prefsrc != message.address]

    def _first(self, message: Address) -> Address | None:
        return next((a for a in self.addresses if _follows(a, message)), None)

    def _route(self, message: Route) -> None:
        # The very same route is left where it is, even behind another of its key.
        if message.ifname not in self.masters or message in self.routes:
            return
        for place, route in enumerate(self.routes):
            if _key(route) != _key(message):
                continue
            if message.action is Action.ENSURE:
                self.routes[place] = message
                return
            if (route.ifname, route.gateway) == (message.ifname, message.gateway):
                del self.routes[place]
                return
        if message.action is Action.ENSURE:
            self.routes.append(message)


def _backed(program: str) -> str:
    """The program of the model's one backend."""
    return f"{program}-nft" if program in PLAIN.values() else program


def _follows(one: Address, other: Address) -> bool:
    """Whether two IPv4 addresses of one interface are of one subnet."""
    if is_ipv6(one.address) or (one.ifname, one.prefixlen) != (other.ifname, other.prefixlen):
        return False
    return ip_interface(f"{one.peer or one.address}/{one.prefixlen}").network == (
        ip_interface(f"{other.peer or other.address}/{other.prefixlen}").network
    )


def _whether_it_ends(address: Address) -> Address:
    """When an address of IPv4 ends, its client says anew."""
    if is_ipv6(address.address):
        return address
    return replace(address, valid_lft_s=min(address.valid_lft_s, 1), preferred_lft_s=0)


def _key(route: Route) -> tuple[int, str, int, int]:
    return (route.table, route.dst, route.tos, route.metric)


def _connected(address: Address) -> Route | None:
    network = str(ip_interface(f"{address.peer or address.address}/{address.prefixlen}").network)
    if network == f"{address.address}/32":
        return None
    if is_ipv6(address.address):
        lives = address.valid_lft_s
        made = Route(Action.ENSURE, network, address.ifname, protocol="kernel", metric=256)
        return replace(made, expires_s=lives)
    return Route(
        Action.ENSURE,
        network,
        address.ifname,
        prefsrc=address.address,
        protocol="kernel",
        scope="link",
    )
