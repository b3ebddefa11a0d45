"""What the rest of the package may ask of a host, whatever carries the question.

A `Reader` answers questions and cannot change anything; a `Host` is a reader
that can also write. The live transport implements both over one relay; the
recorded transport replays a reader and refuses to write.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook.transport.guest_endpoints import GuestEndpoints
    from runbook.transport.process import Process


@dataclass(frozen=True, slots=True)
class Completed:
    """A command that ended on the host: its argv, exit status and output."""

    argv: tuple[str, ...]
    returncode: int
    stdout: bytes
    stderr: bytes

    @property
    def complaint(self) -> str:
        """What a command that failed said of it, or else its exit status."""
        text = (self.stderr or self.stdout).decode(errors="replace").strip()
        return text or f"exit status {self.returncode}"


@dataclass(frozen=True, slots=True)
class HostFile:
    """A regular file on the host; `mode` is the permission bits (0o644)."""

    path: str
    content: bytes
    mode: int
    uid: int = 0
    gid: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the datagram of a step is sent; `words` say what each of its messages does.

    So many messages as `first` says go in a datagram of their own; the others follow only if the
    kernel made these.
    """

    words: tuple[str, ...]
    first: int = 0


@dataclass(frozen=True, slots=True)
class OnRefusal:
    """What a host does by itself if its kernel refuses part of a step.

    It says so in `journal`, and runs `argv`, which starts the undo.
    """

    journal: str
    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inode:
    """A file or a folder, and what may keep it from being changed (chattr(1), mount(8)).

    `mount` is the mount point that it lies under, `read_only` whether that mount is; `links` is
    how many names the file has.
    """

    path: str
    folder: bool
    immutable: bool
    append_only: bool
    read_only: bool
    mount: str
    links: int


@dataclass(frozen=True, slots=True)
class NetworkXML:
    """A libvirt network as libvirt tells it; `live` is empty when not active."""

    name: str
    defined: str
    live: str
    active: bool
    persistent: bool
    autostart: bool


@dataclass(frozen=True, slots=True)
class GuestXML:
    """A libvirt domain; `state` is virsh's word ('running', 'shut off', …).

    `defined` is what it will be at its next start, empty for one that is not
    persistent; `saved`: a managed save image stands in for a start.
    """

    name: str
    xml: str
    state: str
    autostart: bool
    defined: str = ""
    saved: bool = False


class Reader(Protocol):
    """A host that can be asked."""

    @property
    def name(self) -> str:
        """The name the operator knows the host by."""

    def query(self, argv: Sequence[str], *, timeout: float = 30.0) -> Completed:
        """Run a command that only reads. A missing program is exit status 127."""

    def read_files(self, paths: Sequence[str]) -> tuple[HostFile | None, ...]:
        """Read several files in one round trip; None where there is none."""

    def inodes(self, paths: Sequence[str]) -> tuple[tuple[Inode, ...], ...]:
        """For each path the file there, if any, and the nearest folder above that exists.

        Of a symbolic link it is the file that it leads to. Nothing for a path that was not asked
        about when the host was recorded.
        """

    def glob(self, *patterns: str) -> tuple[str, ...]:
        """The paths that match shell patterns, in one round trip: sorted for each pattern."""

    def processes(self, names: Sequence[str]) -> tuple[Process, ...]:
        """The processes with one of these in their command line or their program's path.

        At most some hundred; those that can configure the network are not left out. A recording
        from before this question was asked has only command lines.
        """

    def dump(self, request: bytes) -> bytes:
        """Send one NETLINK_ROUTE dump request; the raw reply messages, joined."""

    def networks(self) -> tuple[NetworkXML, ...]:
        """Every libvirt network, defined or live."""

    def guests(self) -> tuple[GuestXML, ...]:
        """Every libvirt domain."""

    def libvirt_version(self) -> int:
        """The hypervisor's libvirt version as libvirt numbers it (9000000 is 9.0.0)."""

    def gateway_mac_view(self, gateway: str, ifname: str, *, timeout: float = 2.0) -> str | None:
        """Ping the gateway; the destination MAC of its reply as it enters `ifname`.

        That is what the gateway's neighbour table holds for this host. None
        when no reply came.
        """

    def who_has(self, address: str, ifname: str, *, timeout: float = 1.2) -> tuple[str, ...]:
        """The MACs that answer an ARP probe for `address` out of `ifname` (RFC 5227), sorted.

        The host's own kernel does not hear the probe; another interface of the
        host on the same LAN may. Nobody answers where the interface is down.
        """


class Connection(Reader, Protocol):
    """A host that can be asked until the connection is closed."""

    def close(self) -> None:
        """End the connection; the host is not changed by that."""


class Host(Connection, Protocol):
    """A host that can also be changed."""

    def execute(
        self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30.0
    ) -> Completed:
        """Run a command that may write."""

    def write_file(self, file: HostFile) -> None:
        """Write atomically (temporary file, fsync, rename, fsync of the folder)."""

    def append_file(self, path: str, content: bytes) -> None:
        """Append and fsync; the file must exist."""

    def remove_file(self, path: str) -> None:
        """Remove a file or symbolic link; absent is not an error."""

    def move_file(self, path: str, to: str) -> None:
        """Rename a file or symbolic link within its folder; absent is not an error."""

    def make_dir(self, path: str, mode: int) -> None:
        """Create a directory and its parents; present is not an error."""

    def symlink(self, target: str, path: str) -> bool:
        """Create a symbolic link exclusively and durably; False if `path` exists."""

    def send_netlink(self, datagram: bytes, delivery: Delivery | None = None) -> None:
        """Send one NETLINK_ROUTE datagram in one `send` and read every ACK.

        Each message in it must carry NLM_F_REQUEST|NLM_F_ACK and its own
        sequence number. Raises StepFailed naming the message that was refused.
        """

    def send_frame(self, ifname: str, frame: bytes) -> None:
        """Send one Ethernet frame out of `ifname`."""

    def router_mac_view(
        self, router: tuple[str, str], guest: tuple[str, str], ifname: str, *, timeout: float = 2.0
    ) -> str | None:
        """The destination MAC of the router's reply to an echo request sent as the guest's.

        Both are (address, MAC). The request leaves by `ifname`, the host's port on the LAN, and
        the reply is seen as it enters there. None when no reply came. The guest hears a reply
        that it did not ask for, and lets it go.
        """

    def answers_mac(self, address: str, ifname: str, mac: str, *, timeout: float = 1.2) -> bool:
        """Whether somebody answers an ARP probe for `address` that leaves `ifname` from `mac`."""

    def doors(self, guest: str) -> GuestEndpoints:
        """What leads into one of its guests; nothing is contacted yet."""

    def beside(self) -> Connection:
        """Ask the same host in parallel: what is asked here never delays what is asked there.

        It may end when this connection ends, and it proves nothing about new connections.
        """

    def guarded(self, lock: str, gate: str, on_refusal: OnRefusal | None = None) -> Host:
        """The same host, every write of which is made only while the file `gate` is there.

        Each write is made under an exclusive flock of the file `lock`, on the
        host itself, so that a request delayed on its way cannot be carried out
        after an undo has closed the gate. Raises GateClosed then. `on_refusal` is what the host
        does if its kernel refuses a message of a datagram that is sent with a Delivery.
        """
