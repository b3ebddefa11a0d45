"""A real host, local or remote: the Host protocol over one relay and one libvirt URI."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from runbook.errors import ReadFailed, RunbookError, StepFailed
from runbook.transport import gateway as gateways
from runbook.transport import netlink
from runbook.transport.host import Completed, HostFile
from runbook.transport.hypervisor import Hypervisor
from runbook.transport.iproute import iproute
from runbook.transport.session import RelayRefused, Session
from runbook.transport.ssh_wrapper import SshWrapper

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from pyroute2 import IPRoute

    from runbook.transport.prefixes import Prefix
    from runbook.transport.relay.frames import Frame

_ANSWER_S = 60.0
# Past a command's own limit, which the relay enforces.
_MARGIN_S = 10.0
_CANNOT_RUN = (126, 127)


class LiveHost:
    """A host that answers and can be changed. Make one with `runbook.transport.connect`."""

    def __init__(self, name: str, *, prefix: Prefix, libvirt_uri: str) -> None:
        """Start the relay; libvirt is contacted when first asked."""
        self._name = name
        self._prefix = prefix
        self._libvirt_uri = libvirt_uri
        self._session = Session(name, prefix)
        self._wrapper = SshWrapper(prefix)
        self._hypervisor = Hypervisor(name, self._wrapper.uri(libvirt_uri))
        # libvirt's questions need nothing of the relay.
        self.networks = self._hypervisor.networks
        self.guests = self._hypervisor.guests
        self.libvirt_version = self._hypervisor.version
        self.define_network = self._hypervisor.define_network
        self.start_network = self._hypervisor.start_network
        self.set_network_autostart = self._hypervisor.set_network_autostart
        self.stop_network = self._hypervisor.stop_network
        self.undefine_network = self._hypervisor.undefine_network

    @property
    def name(self) -> str:
        """The name the operator knows the host by."""
        return self._name

    def query(self, argv: Sequence[str], *, timeout: float = 30.0) -> Completed:
        """Run a command that only reads; ReadFailed if it does not end in time."""
        return self._run(argv, b"", timeout, self._read_failed)

    def execute(
        self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30.0
    ) -> Completed:
        """Run a command that may write; StepFailed if it does not end in time."""
        return self._run(argv, stdin, timeout, self._step_failed)

    def read_files(self, paths: Sequence[str]) -> tuple[HostFile | None, ...]:
        """Read several files in one round trip; None where there is none."""
        frame = self._read("read files", "read", paths=list(paths))
        found: list[HostFile | None] = []
        start = 0
        for path, status in zip(paths, frame.header["files"], strict=True):
            if status is None:
                found.append(None)
                continue
            content = frame.payload[start : start + status["size"]]
            start += status["size"]
            found.append(HostFile(path, content, status["mode"], status["uid"], status["gid"]))
        return tuple(found)

    def glob(self, pattern: str) -> tuple[str, ...]:
        """Sorted paths matching a shell pattern."""
        return tuple(self._read(f"list {pattern}", "glob", pattern=pattern).header["paths"])

    def dump(self, request: bytes) -> bytes:
        """Send one NETLINK_ROUTE dump request; the raw reply, NLMSG_DONE included."""
        return self._read("dump a kernel table", "dump", request).payload

    def gateway_mac_view(self, gateway: str, ifname: str, *, timeout: float = 2.0) -> str | None:
        """Ping `gateway`; the destination MAC of its reply as it enters `ifname`."""
        what = f"listen on {ifname} for the gateway {gateway}"
        program = gateways.echo_reply_filter(ip_address(gateway))
        argv = gateways.ping(gateway, self._name, timeout)
        try:
            channel = self._session.open(
                "open_packet", ifname=ifname, protocol=gateways.ETH_P_ALL, filter=program
            )
            try:
                pings = self._session.submit("run", argv=argv, limit=timeout + _MARGIN_S)
                mac = gateways.destination_of_reply(channel, self._name, timeout)
            finally:
                channel.close()
            done = _completed(argv, self._session.result(pings, timeout + 2 * _MARGIN_S))
        except RelayRefused as refusal:
            raise self._read_failed(what, str(refusal)) from refusal
        if done.returncode in _CANNOT_RUN:
            raise self._read_failed("ping the gateway", done.stderr.decode(errors="replace"))
        return mac

    def write_file(self, file: HostFile) -> None:
        """Write atomically: the path holds the old content or the new, never a mixture."""
        owner = {"mode": file.mode, "uid": file.uid, "gid": file.gid}
        self._write(f"write {file.path}", "write", file.content, path=file.path, **owner)

    def append_file(self, path: str, content: bytes) -> None:
        """Append and fsync; the file must exist."""
        self._write(f"append to {path}", "append", content, path=path)

    def remove_file(self, path: str) -> None:
        """Remove a file or symbolic link; absent is not an error."""
        self._write(f"remove {path}", "remove", path=path)

    def make_dir(self, path: str, mode: int) -> None:
        """Create a directory and its parents; present is not an error."""
        self._write(f"create the folder {path}", "make_dir", path=path, mode=mode)

    def symlink(self, target: str, path: str) -> bool:
        """Create a symbolic link exclusively and durably; False if `path` exists."""
        frame = self._write(f"link {path}", "symlink", target=target, path=path)
        return bool(frame.header["created"])

    def send_netlink(self, datagram: bytes) -> None:
        """Send one datagram in one `send` and read every ACK; StepFailed names a refusal."""
        kinds = netlink.check(datagram)
        frame = self._write("send a netlink datagram", "send", datagram)
        refused = netlink.refusals(kinds, frame.header["acks"])
        if refused:
            raise StepFailed(
                f"the kernel refused {'; '.join(refused)}",
                host=self._name,
                state=f"the datagram's other {len(kinds) - len(refused)} messages were done",
                then="undo the change, then read the host's state again",
            )

    def iproute(self) -> AbstractContextManager[IPRoute]:
        """A pyroute2 IPRoute whose netlink socket is on the host."""
        return iproute(self._session)

    def send_frame(self, ifname: str, frame: bytes) -> None:
        """Send one Ethernet frame out of `ifname`."""
        self._write(f"send a frame out of {ifname}", "send_frame", frame, ifname=ifname)

    def reconnect(self) -> LiveHost:
        """Make a second, wholly new connection to the same host."""
        return LiveHost(self._name, prefix=self._prefix, libvirt_uri=self._libvirt_uri)

    def close(self) -> None:
        """End the connection; the host is not changed by that."""
        self._hypervisor.close()
        self._session.close()
        self._wrapper.close()

    def _run(
        self,
        argv: Sequence[str],
        stdin: bytes,
        limit: float,
        failed: Callable[[str, str], RunbookError],
    ) -> Completed:
        what = f"run {argv[0]}"
        try:
            frame = self._session.request(
                "run", stdin, timeout=limit + _MARGIN_S, argv=list(argv), limit=limit
            )
        except RelayRefused as refusal:
            raise failed(what, str(refusal)) from refusal
        if frame.header["timed_out"]:
            raise failed(what, f"it did not end within {limit:g} s and was killed")
        return _completed(argv, frame)

    def _read(self, what: str, op: str, payload: bytes = b"", **fields: object) -> Frame:
        try:
            return self._session.request(op, payload, timeout=_ANSWER_S, **fields)
        except RelayRefused as refusal:
            raise self._read_failed(what, str(refusal)) from refusal

    def _write(self, what: str, op: str, payload: bytes = b"", **fields: object) -> Frame:
        try:
            return self._session.request(op, payload, timeout=_ANSWER_S, **fields)
        except RelayRefused as refusal:
            raise self._step_failed(what, str(refusal)) from refusal

    def _read_failed(self, what: str, why: str) -> ReadFailed:
        return ReadFailed(
            f"could not {what}: {why}",
            host=self._name,
            state="not changed by this; it was only read",
            then="make this readable for the user who connects (root, or through sudo)",
        )

    def _step_failed(self, what: str, why: str) -> StepFailed:
        return StepFailed(
            f"could not {what}: {why}",
            host=self._name,
            state="this step is not known to be made; the steps before it stand",
            then="undo the change, mend what is named here, then start again",
        )


def _completed(argv: Sequence[str], frame: Frame) -> Completed:
    split = frame.header["stdout"]
    returncode = frame.header["returncode"]
    return Completed(tuple(argv), returncode, frame.payload[:split], frame.payload[split:])
