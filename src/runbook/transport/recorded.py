"""A recorded host: answers as it did then, and refuses every write."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NoReturn, TypeVar

from runbook.common.errors import ReadFailed, ReadOnlyHost
from runbook.transport import questions
from runbook.transport.process import Process
from runbook.transport.recording import Question, Recording

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from runbook.transport.guest_endpoints import GuestEndpoints
    from runbook.transport.host import (
        Completed,
        Delivery,
        GuestXML,
        HostFile,
        Inode,
        NetworkXML,
        OnRefusal,
    )

T = TypeVar("T")
# What was asked of processes before a relay could tell more of them.
CMDLINES = "/proc/[0-9]*/cmdline"
# The recording that comes with runbook.
EXAMPLE = "example.json"


class RecordedHost:
    """Implements Host from a file; ReadFailed for what was not asked then."""

    def __init__(self, path: Path) -> None:
        """Load the recording."""
        self._path = path
        self._recording = Recording.load(path)

    @property
    def name(self) -> str:
        """The name of the host that was recorded."""
        return self._recording.host

    def query(self, argv: Sequence[str], *, timeout: float = 30.0) -> Completed:  # noqa: ARG002 (an answer is at hand)
        """What the command said then."""
        return self._answer(questions.query(argv), partial(questions.to_completed, argv))

    def read_files(self, paths: Sequence[str]) -> tuple[HostFile | None, ...]:
        """The files as they were then."""
        return tuple(
            self._answer(questions.file(path), partial(questions.to_file, path)) for path in paths
        )

    def inodes(self, paths: Sequence[str]) -> tuple[tuple[Inode, ...], ...]:
        """The files and folders as they were then; which are asked about hangs on the plan."""
        return tuple(
            self._answer(question, questions.to_inodes)
            if question in self._recording.answers
            else ()
            for question in map(questions.inodes, paths)
        )

    def glob(self, *patterns: str) -> tuple[str, ...]:
        """The paths that matched then."""
        answers = (self._answer(questions.glob(one), questions.to_texts) for one in patterns)
        return tuple(path for paths in answers for path in paths)

    def processes(self, names: Sequence[str]) -> tuple[Process, ...]:
        """The processes there were then; where they were not asked for, their command lines."""
        question = questions.processes(names)
        if question in self._recording.answers:
            return self._answer(question, questions.to_processes)
        paths = self.glob(CMDLINES)
        files = zip(paths, self.read_files(paths), strict=True)
        return tuple(Process(int(p.split("/")[2]), file.content) for p, file in files if file)

    def dump(self, request: bytes) -> bytes:
        """The kernel's table as it was then."""
        return self._answer(questions.dump(request), questions.to_bytes)

    def networks(self) -> tuple[NetworkXML, ...]:
        """Every libvirt network there was then."""
        return self._answer(questions.NETWORKS, questions.to_networks)

    def guests(self) -> tuple[GuestXML, ...]:
        """Every libvirt domain there was then."""
        return self._answer(questions.GUESTS, questions.to_guests)

    def libvirt_version(self) -> int:
        """The hypervisor's libvirt version then."""
        return self._answer(questions.LIBVIRT_VERSION, questions.to_number)

    def gateway_mac_view(self, gateway: str, ifname: str, *, timeout: float = 2.0) -> str | None:  # noqa: ARG002 (an answer is at hand)
        """The MAC that the gateway answered to then."""
        return self._answer(questions.gateway_mac_view(gateway, ifname), questions.to_mac)

    def who_has(self, address: str, ifname: str, *, timeout: float = 1.2) -> tuple[str, ...]:  # noqa: ARG002 (an answer is at hand)
        """The MACs that answered for the address then."""
        return self._answer(questions.who_has(address, ifname), questions.to_texts)

    def execute(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",  # noqa: ARG002 (refused whatever it is)
        timeout: float = 30.0,  # noqa: ARG002 (refused whatever it is)
    ) -> Completed:
        """Refuse."""
        self._refuse(f"run {argv[0]}")

    def router_mac_view(
        self,
        router: tuple[str, str],
        guest: tuple[str, str],
        ifname: str,
        *,
        timeout: float = 2.0,  # noqa: ARG002 (refused whatever it is)
    ) -> str | None:
        """Refuse: it sends a frame."""
        self._refuse(f"ask {router[0]} on {ifname} in the name of {guest[0]}")

    def write_file(self, file: HostFile) -> None:
        """Refuse."""
        self._refuse(f"write {file.path}")

    def append_file(self, path: str, content: bytes) -> None:  # noqa: ARG002 (refused whatever it is)
        """Refuse."""
        self._refuse(f"append to {path}")

    def remove_file(self, path: str) -> None:
        """Refuse."""
        self._refuse(f"remove {path}")

    def move_file(self, path: str, to: str) -> None:  # noqa: ARG002 (refused whatever it is)
        """Refuse."""
        self._refuse(f"move {path}")

    def make_dir(self, path: str, mode: int) -> None:  # noqa: ARG002 (refused whatever it is)
        """Refuse."""
        self._refuse(f"create the folder {path}")

    def symlink(self, target: str, path: str) -> bool:  # noqa: ARG002 (refused whatever it is)
        """Refuse."""
        self._refuse(f"link {path}")

    def send_netlink(self, datagram: bytes, delivery: Delivery | None = None) -> None:  # noqa: ARG002 (refused whatever it is)
        """Refuse."""
        self._refuse(f"send a netlink datagram of {len(datagram)} bytes")

    def send_frame(self, ifname: str, frame: bytes) -> None:  # noqa: ARG002 (refused whatever it is)
        """Refuse."""
        self._refuse(f"send a frame out of {ifname}")

    def answers_mac(
        self,
        address: str,
        ifname: str,
        mac: str,
        *,
        timeout: float = 1.2,  # noqa: ARG002 (refused whatever it is)
    ) -> bool:
        """Refuse: it sends a frame."""
        self._refuse(f"ask {address} on {ifname} from {mac}")

    def doors(self, guest: str) -> GuestEndpoints:
        """Refuse: whoever is inside a guest can write."""
        self._refuse(f"get into guest {guest}")

    def beside(self) -> RecordedHost:
        """The same recording."""
        return self

    def guarded(
        self,
        lock: str,  # noqa: ARG002 (every write is refused anyway)
        gate: str,  # noqa: ARG002 (every write is refused anyway)
        on_refusal: OnRefusal | None = None,  # noqa: ARG002 (every write is refused anyway)
    ) -> RecordedHost:
        """The same recording."""
        return self

    def close(self) -> None:
        """Nothing is open."""

    def _answer(self, question: Question, decode: Callable[[object], T]) -> T:
        if question not in self._recording.answers:
            raise self._lacking("has no answer to", question)
        try:
            return decode(self._recording.answers[question])
        except ValueError as error:
            raise self._lacking("has something else than an answer to", question) from error

    def _lacking(self, action: str, question: Question) -> ReadFailed:
        return ReadFailed(
            f"the recording {self._path} {action}: {' '.join(question)}",
            host=self.name,
            state="no host was contacted",
            then=_made_anew(self._path),
        )

    def _refuse(self, action: str) -> NoReturn:
        raise ReadOnlyHost(
            f"a recorded host cannot {action}",
            host=self.name,
            state="no host was contacted, nothing was written",
            then="name a real host to make the change",
        )


def _made_anew(path: Path) -> str:
    """How to get a recording that has the answers which this version asks for."""
    again = f"record the host again with this version: runbook record-host HOST {path}"
    if path.name != EXAMPLE:
        return again
    return f"move {path} away, and `runbook init {path.parent.parent}` brings that of this version"
