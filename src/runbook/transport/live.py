"""A real host, local or remote: the Host protocol over one relay and one libvirt URI."""

from __future__ import annotations

import copy
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from runbook.common.errors import GateClosed, StepFailed
from runbook.transport import libvirt_machine, netlink, relay_answers
from runbook.transport.hypervisor import Hypervisor
from runbook.transport.libvirt_endpoints import LibvirtDoors
from runbook.transport.live_reader import ANSWER_S, MARGIN_S, ODD, LiveReader
from runbook.transport.relay_answers import Acks, Created, Ran, read_header
from runbook.transport.session import RelayRefused, RelaySession
from runbook.transport.ssh_wrapper import SshWrapper

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook.transport.host import Completed, Delivery, HostFile, OnRefusal
    from runbook.transport.prefixes import Prefix
    from runbook.transport.relay.frames import Frame


class LiveHost(LiveReader):
    """A host that answers and can be changed. Make one with `runbook.transport.connect`."""

    def __init__(self, name: str, *, prefix: Prefix, libvirt_uri: str) -> None:
        """Start the relay; libvirt is contacted when first asked."""
        self._guard: dict[str, tuple[str, str]] = {}
        self._on_refusal: OnRefusal | None = None
        mark = libvirt_machine.mark()
        # A URI of the operator's own may name another user, or another machine.
        self._wrapper = SshWrapper(prefix, mark, share=libvirt_uri == prefix.libvirt_uri)
        try:
            session = RelaySession(name, self._wrapper.relay_prefix)
        except BaseException:
            self._wrapper.close()
            raise
        elsewhere = partial(libvirt_machine.elsewhere, session, mark) if prefix.ssh else None
        self.login = session.login
        login = session.login if prefix.ssh else None
        hypervisor = Hypervisor(name, self._wrapper.uri(libvirt_uri), elsewhere, login)
        super().__init__(name, session, hypervisor)

    def execute(
        self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 30.0
    ) -> Completed:
        """Run a command that may write; StepFailed if it does not end in time."""
        action = f"run {argv[0]}"
        patience = timeout + MARGIN_S
        frame = self._write(action, "run", stdin, patience, argv=list(argv), limit=timeout)
        with self._answered(action):
            ran = read_header(Ran, frame)
            done = relay_answers.completed(argv, ran, frame.payload)
        if ran.timed_out:
            raise self._step_failed(action, f"it did not end within {timeout:g} s and was killed")
        return done

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

    def move_file(self, path: str, to: str) -> None:
        """Rename a file or symbolic link within its folder; absent is not an error."""
        self._write(f"move {path}", "move", path=path, to=to)

    def make_dir(self, path: str, mode: int) -> None:
        """Create a directory and its parents; present is not an error."""
        self._write(f"create the folder {path}", "make_dir", path=path, mode=mode)

    def symlink(self, target: str, path: str) -> bool:
        """Create a symbolic link exclusively and durably; False if `path` exists."""
        frame = self._write(f"link {path}", "symlink", target=target, path=path)
        with self._answered(f"link {path}"):
            return read_header(Created, frame).created

    def send_netlink(self, datagram: bytes, delivery: Delivery | None = None) -> None:
        """Send one datagram in one `send` and read every ACK; StepFailed names a refusal."""
        kinds = netlink.check(datagram)
        action = "send a netlink datagram"
        first, on_refusal = (delivery.first if delivery else 0), self._if_refused(delivery)
        frame = self._write(action, "send", datagram, first=first, refused=on_refusal)
        words = tuple(f"`{w}`" for w in delivery.words) if delivery else netlink.names(kinds)
        with self._answered(action):
            acks = read_header(Acks, frame).acks
            refused = netlink.refusals(words, acks)
        if refused:
            raise StepFailed(
                f"the kernel refused {'; '.join(refused)}",
                host=self._name,
                state=netlink.fate_of_the_rest(acks),
                then="undo the change, then read the host's state again",
            )

    def _if_refused(self, delivery: Delivery | None) -> dict[str, object] | None:
        """What the relay does if the kernel refuses a message of a step."""
        if delivery is None or self._on_refusal is None:
            return None
        argv, journal = list(self._on_refusal.argv), self._on_refusal.journal
        return {"told": list(delivery.words), "journal": journal, "argv": argv}

    def send_frame(self, ifname: str, frame: bytes) -> None:
        """Send one Ethernet frame out of `ifname`."""
        self._write(f"send a frame out of {ifname}", "send_frame", frame, ifname=ifname)

    def doors(self, guest: str) -> LibvirtDoors:
        """What leads into one of its guests."""
        return LibvirtDoors(self._name, guest, self._hypervisor)

    def beside(self) -> LiveReader:
        """A relay of its own over the same connection, so neither waits for the other."""
        session = RelaySession(self._name, self._wrapper.beside_prefix)
        return LiveReader(self._name, session, self._hypervisor)

    def guarded(self, lock: str, gate: str, on_refusal: OnRefusal | None = None) -> LiveHost:
        """The same connection, writing only under a flock of `lock` while `gate` is there."""
        same = copy.copy(self)
        same._guard = {"guard": (lock, gate)}  # noqa: SLF001 (a copy of this very object)
        same._on_refusal = on_refusal  # noqa: SLF001 (likewise)
        return same

    def close(self) -> None:
        """End the connection; the host is not changed by that."""
        self._hypervisor.close()
        self._session.close()
        self._wrapper.close()

    def _write(
        self,
        action: str,
        op: str,
        payload: bytes = b"",
        patience: float = ANSWER_S,
        **fields: object,
    ) -> Frame:
        try:
            answer = self._session.submit(op, payload, **fields, **self._guard)
            return self._session.result(answer, patience)
        except RelayRefused as refusal:
            if refusal.gate_shut:
                raise self._gate_closed(action) from refusal
            raise self._step_failed(action, str(refusal)) from refusal

    @contextmanager
    def _answered(self, action: str) -> Iterator[None]:
        """Have an answer of another shape than the relay's be a step that failed."""
        try:
            yield
        except ValueError as error:
            raise self._step_failed(action, ODD) from error

    def _gate_closed(self, action: str) -> GateClosed:
        return GateClosed(
            f"did not {action}: the undo of this change has begun on the host",
            host=self._name,
            state="being put back as before by its undo; this step was not made",
            then="wait for the undo to end, then read the host's state",
        )

    def _step_failed(self, action: str, why: str) -> StepFailed:
        return StepFailed(
            f"could not {action}: {why}",
            host=self._name,
            state="this step is not known to be made; the steps before it stand",
            then="undo the change, fix what is named here, then start again",
        )
