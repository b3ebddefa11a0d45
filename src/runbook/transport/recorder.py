"""Records what a host is asked and answers, to be replayed without the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook.transport import questions
from runbook.transport.recording import Question, Recording, pack

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runbook.transport.host import Completed, GuestXML, HostFile, Inode, NetworkXML, Reader
    from runbook.transport.process import Process


class Recorder:
    """A Reader that passes every question on, and keeps the answer.

    The first answer to a question is the one kept: a recording is the state
    before.
    """

    def __init__(self, reader: Reader) -> None:
        """Ask `reader`; nothing is recorded yet."""
        self._reader = reader
        self._answers: dict[Question, Any] = {}

    @property
    def name(self) -> str:
        """The name the operator knows the host by."""
        return self._reader.name

    def recording(self) -> Recording:
        """Everything asked and answered so far."""
        return Recording(self.name, dict(self._answers))

    def save(self, path: Path) -> None:
        """Write everything asked and answered so far."""
        self.recording().save(path)

    def query(self, argv: Sequence[str], *, timeout: float = 30.0) -> Completed:
        """Run a command that only reads."""
        done = self._reader.query(argv, timeout=timeout)
        self._keep(questions.query(argv), questions.from_completed(done))
        return done

    def read_files(self, paths: Sequence[str]) -> tuple[HostFile | None, ...]:
        """Read several files; each is an answer of its own."""
        files = self._reader.read_files(paths)
        for path, file in zip(paths, files, strict=True):
            self._keep(questions.file(path), questions.from_file(file))
        return files

    def inodes(self, paths: Sequence[str]) -> tuple[tuple[Inode, ...], ...]:
        """Look at several files; each is an answer of its own."""
        places = self._reader.inodes(paths)
        for path, inode in zip(paths, places, strict=True):
            self._keep(questions.inodes(path), questions.from_all(inode))
        return places

    def glob(self, *patterns: str) -> tuple[str, ...]:
        """The paths that match shell patterns; each pattern is a question of its own."""
        found = [(pattern, self._reader.glob(pattern)) for pattern in patterns]
        for pattern, paths in found:
            self._keep(questions.glob(pattern), list(paths))
        return tuple(path for _, paths in found for path in paths)

    def processes(self, names: Sequence[str]) -> tuple[Process, ...]:
        """Look at the processes with one of these names."""
        running = self._reader.processes(names)
        self._keep(questions.processes(names), questions.from_processes(running))
        return running

    def dump(self, request: bytes) -> bytes:
        """Dump a kernel table."""
        reply = self._reader.dump(request)
        self._keep(questions.dump(request), pack(reply))
        return reply

    def networks(self) -> tuple[NetworkXML, ...]:
        """Every libvirt network."""
        networks = self._reader.networks()
        self._keep(questions.NETWORKS, questions.from_all(networks))
        return networks

    def guests(self) -> tuple[GuestXML, ...]:
        """Every libvirt domain."""
        guests = self._reader.guests()
        self._keep(questions.GUESTS, questions.from_all(guests))
        return guests

    def libvirt_version(self) -> int:
        """The hypervisor's libvirt version."""
        version = self._reader.libvirt_version()
        self._keep(questions.LIBVIRT_VERSION, version)
        return version

    def gateway_mac_view(self, gateway: str, ifname: str, *, timeout: float = 2.0) -> str | None:
        """Ask which MAC the gateway answers to."""
        mac = self._reader.gateway_mac_view(gateway, ifname, timeout=timeout)
        self._keep(questions.gateway_mac_view(gateway, ifname), mac)
        return mac

    def who_has(self, address: str, ifname: str, *, timeout: float = 1.2) -> tuple[str, ...]:
        """Ask which MACs answer for the address."""
        macs = self._reader.who_has(address, ifname, timeout=timeout)
        self._keep(questions.who_has(address, ifname), list(macs))
        return macs

    def _keep(self, question: Question, answer: object) -> None:
        self._answers.setdefault(question, answer)
