"""Asks a live host: commands, files, kernel tables, libvirt, the gateway's view."""

from __future__ import annotations

import errno
import secrets
from contextlib import contextmanager
from ipaddress import IPv4Address, ip_address
from typing import TYPE_CHECKING

from runbook.common.errors import ReadFailed
from runbook.transport import arp, relay_answers
from runbook.transport import gateway as gateways
from runbook.transport.host import Completed, GuestXML, HostFile, Inode, NetworkXML
from runbook.transport.process import Process
from runbook.transport.relay_answers import Paths, Processes, Ran, read_header
from runbook.transport.session import RelayRefused, RelaySession

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook.transport.hypervisor import Hypervisor
    from runbook.transport.relay.frames import Frame

ANSWER_S = 60.0
# Past a command's own limit, which the relay keeps; a guarded one may first
# wait for its lock.
MARGIN_S = 45.0
# What a command that only reads may have: far more than any table of a host needs.
MEMORY = 2 << 30
ODD = "what came back is not what the program's own relay answers"
_CANNOT_RUN = (126, 127)


class LiveReader:
    """Implements Reader over one relay and one libvirt connection."""

    def __init__(self, name: str, session: RelaySession, hypervisor: Hypervisor) -> None:
        """Ask through a started session."""
        self._name = name
        self._session = session
        self._hypervisor = hypervisor

    @property
    def name(self) -> str:
        """The name the operator knows the host by."""
        return self._name

    def close(self) -> None:
        """End the relay."""
        self._session.close()

    def query(self, argv: Sequence[str], *, timeout: float = 30.0) -> Completed:
        """Run a command that only reads; ReadFailed if it does not end in time."""
        action = f"run {argv[0]}"
        try:
            answer = self._session.submit("run", argv=list(argv), limit=timeout, memory=MEMORY)
            frame = self._session.result(answer, timeout + MARGIN_S)
        except RelayRefused as refusal:
            raise self._read_failed(action, str(refusal)) from refusal
        with self._understood(action):
            ran = read_header(Ran, frame)
            if not ran.timed_out:
                return relay_answers.completed(argv, ran, frame.payload)
        raise self._read_failed(action, f"it did not end within {timeout:g} s and was killed")

    def read_files(self, paths: Sequence[str]) -> tuple[HostFile | None, ...]:
        """Read several files in one round trip; None where there is none."""
        frame = self._read("read files", "read", paths=list(paths))
        with self._understood("read files"):
            return relay_answers.files(paths, frame)

    def inodes(self, paths: Sequence[str]) -> tuple[tuple[Inode, ...], ...]:
        """For each path the file there, if any, and the nearest folder above that exists."""
        frame = self._read("look at files", "inodes", paths=list(paths))
        with self._understood("look at files"):
            return relay_answers.inodes(paths, frame)

    def glob(self, *patterns: str) -> tuple[str, ...]:
        """The paths that match shell patterns, in one round trip: sorted for each pattern."""
        action = f"list {' '.join(patterns)}"
        frame = self._read(action, "glob", patterns=list(patterns))
        with self._understood(action):
            return read_header(Paths, frame).paths

    def processes(self, names: Sequence[str]) -> tuple[Process, ...]:
        """The processes with one of these in their command line or their program's path."""
        frame = self._read("look at the processes", "processes", names=list(names))
        with self._understood("look at the processes"):
            return tuple(map(relay_answers.process, read_header(Processes, frame).processes))

    def dump(self, request: bytes) -> bytes:
        """Send one NETLINK_ROUTE dump request; the raw reply, NLMSG_DONE included."""
        return self._read("dump a kernel table", "dump", request).payload

    def networks(self) -> tuple[NetworkXML, ...]:
        """Every libvirt network, defined or live."""
        return self._hypervisor.networks()

    def guests(self) -> tuple[GuestXML, ...]:
        """Every libvirt domain."""
        return self._hypervisor.guests()

    def libvirt_version(self) -> int:
        """The daemon's libvirt version (9000000 is 9.0.0)."""
        return self._hypervisor.version()

    def gateway_mac_view(self, gateway: str, ifname: str, *, timeout: float = 2.0) -> str | None:
        """Ping `gateway`; the destination MAC of its reply as it enters `ifname`."""
        program = gateways.echo_reply_filter(ip_address(gateway))
        mark = secrets.token_bytes(gateways.MARK_BYTES)
        argv = gateways.ping(gateway, mark, timeout)
        action = f"listen on {ifname} for the gateway {gateway}"
        try:
            channel = self._session.open(
                "open_packet", ifname=ifname, protocol=gateways.ETH_P_ALL, filter=program
            )
            try:
                pings = self._session.submit("run", argv=argv, limit=timeout + MARGIN_S)
                mac = gateways.destination_of_reply(channel, mark, timeout)
            finally:
                channel.close()
            frame = self._session.result(pings, timeout + 2 * MARGIN_S)
        except RelayRefused as refusal:
            raise self._read_failed(action, str(refusal)) from refusal
        with self._understood("ping the gateway"):
            done = relay_answers.completed(argv, read_header(Ran, frame), frame.payload)
        if done.returncode in _CANNOT_RUN:
            raise self._read_failed("ping the gateway", done.stderr.decode(errors="replace"))
        return mac

    def router_mac_view(
        self, router: tuple[str, str], guest: tuple[str, str], ifname: str, *, timeout: float = 2.0
    ) -> str | None:
        """Ask the router in a guest's name; the destination MAC of its reply."""
        far, near = _station(router), _station(guest)
        program = gateways.echo_reply_filter(far.ip)
        action = f"listen on {ifname} for the router {far.ip}"
        try:
            channel = self._session.open(
                "open_packet", ifname=ifname, protocol=gateways.ETH_P_ALL, filter=program
            )
            try:
                mark = secrets.token_bytes(gateways.MARK_BYTES)
                return gateways.asked_for(channel, near, far, mark, timeout)
            finally:
                channel.close()
        except RelayRefused as refusal:
            raise self._read_failed(action, str(refusal)) from refusal

    def answers_mac(self, address: str, ifname: str, mac: str, *, timeout: float = 1.2) -> bool:
        """Send ARP probes for `address` out of `ifname` from `mac`; whether one is answered."""
        target, action = IPv4Address(address), f"ask for {address} on {ifname} from {mac}"
        sender = bytes.fromhex(mac.replace(":", ""))
        try:
            channel = self._session.open(
                "open_packet",
                ifname=ifname,
                protocol=gateways.ETH_P_ALL,
                filter=arp.sent_by(target),
                promiscuous=True,
            )
            try:
                return arp.is_answered(channel, sender, target, timeout)
            finally:
                channel.close()
        except RelayRefused as refusal:
            raise self._read_failed(action, str(refusal)) from refusal

    def who_has(self, address: str, ifname: str, *, timeout: float = 1.2) -> tuple[str, ...]:
        """Send ARP probes for `address` out of `ifname`; every MAC that answers."""
        target, action = IPv4Address(address), f"ask for {address} by ARP on {ifname}"
        (own,) = self.read_files([f"/sys/class/net/{ifname}/address"])
        if own is None:
            raise self._read_failed(action, f"there is no interface {ifname}")
        with self._understood(action):
            mac = bytes.fromhex(own.content.decode().strip().replace(":", ""))
        try:
            channel = self._session.open(
                "open_packet",
                ifname=ifname,
                protocol=gateways.ETH_P_ALL,
                filter=arp.sent_by(target),
            )
            try:
                return arp.who_has(channel, mac, target, timeout)
            finally:
                channel.close()
        except RelayRefused as refusal:
            if refusal.errno == errno.ENETDOWN:
                return ()
            raise self._read_failed(action, str(refusal)) from refusal

    def _read(self, action: str, op: str, payload: bytes = b"", **fields: object) -> Frame:
        try:
            return self._session.request(op, payload, timeout=ANSWER_S, **fields)
        except RelayRefused as refusal:
            raise self._read_failed(action, str(refusal)) from refusal

    @contextmanager
    def _understood(self, action: str) -> Iterator[None]:
        """Have an answer of another shape than the relay's be an error with the host's name."""
        try:
            yield
        except ValueError as error:
            raise self._read_failed(action, ODD) from error

    def _read_failed(self, action: str, why: str) -> ReadFailed:
        return ReadFailed(
            f"could not {action}: {why}",
            host=self._name,
            state="not changed by this; it was only read",
            then="make this readable for the user who connects (root, or through sudo)",
        )


def _station(pair: tuple[str, str]) -> gateways.Station:
    address, mac = pair
    return gateways.Station(bytes.fromhex(mac.replace(":", "")), IPv4Address(address))
