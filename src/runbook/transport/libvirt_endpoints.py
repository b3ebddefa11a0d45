"""A guest's agent and console through the libvirt connection that the host has anyway."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, NoReturn

import libvirt
import libvirt_qemu

from runbook.common.errors import (
    AgentRefused,
    AgentSilent,
    ConsoleTaken,
    HypervisorUnavailable,
    NoConsole,
)
from runbook.transport import libvirt_stream

if TYPE_CHECKING:
    from runbook.transport.hypervisor import Hypervisor

_OPEN_S = 15.0
# libvirt waits this much longer than asked before it says that the agent is silent.
_MARGIN_S = 8.0
_UNTOUCHED = "nothing was done in the guest by this"
_STATE = "what was asked of the guest before this may have been done"
_SILENT = (
    libvirt.VIR_ERR_AGENT_UNRESPONSIVE,
    libvirt.VIR_ERR_AGENT_UNSYNCED,
    libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED,
    libvirt.VIR_ERR_OPERATION_INVALID,
    libvirt.VIR_ERR_CONFIG_UNSUPPORTED,
    libvirt.VIR_ERR_NO_DOMAIN,
)


class LibvirtDoors:
    """Implements GuestEndpoints over one host's libvirt."""

    def __init__(self, host: str, guest: str, hypervisor: Hypervisor) -> None:
        """Nothing is contacted yet."""
        self._host = host
        self._guest = guest
        self._hypervisor = hypervisor

    @property
    def host(self) -> str:
        """The name of the host it runs on."""
        return self._host

    @property
    def guest(self) -> str:
        """The guest's name in libvirt."""
        return self._guest

    def ask_agent(self, command: str, *, timeout: float) -> str:
        """Send one QMP command; AgentSilent or AgentRefused where no answer is to be had."""

        def ask(domain: Any) -> str:  # noqa: ANN401 (libvirt ships no types)
            return str(libvirt_qemu.qemuAgentCommand(domain, command, int(timeout) or 1, 0))

        try:
            return self._hypervisor.of_guest(self._guest, ask, timeout + _MARGIN_S)
        except libvirt.libvirtError as error:
            self._agent_failed(error)
        except HypervisorUnavailable as error:
            # libvirt itself hangs, or is gone; a second command would hang likewise.
            raise AgentSilent(error.what, host=self._host, state=_STATE, then=error.then) from error

    def open_console(self, *, force: bool) -> socket.socket:
        """The first serial console; ConsoleTaken or NoConsole where it cannot be had."""
        flags = libvirt.VIR_DOMAIN_CONSOLE_SAFE
        if force:
            flags |= libvirt.VIR_DOMAIN_CONSOLE_FORCE

        def ask(domain: Any) -> Any:  # noqa: ANN401 (libvirt ships no types)
            stream = domain.connect().newStream(libvirt.VIR_STREAM_NONBLOCK)
            domain.openConsole(None, stream, flags)
            return stream

        try:
            return libvirt_stream.bridged(self._hypervisor.of_guest(self._guest, ask, _OPEN_S))
        except libvirt.libvirtError as error:
            self._console_failed(error)

    def _agent_failed(self, error: libvirt.libvirtError) -> NoReturn:
        silent = error.get_error_code() in _SILENT
        raise (AgentSilent if silent else AgentRefused)(
            f"the agent of guest {self._guest}: {error}",
            host=self._host,
            state=_STATE,
            then="start qemu-guest-agent in the guest and give it a channel"
            " org.qemu.guest_agent.0, or use its serial console",
        )

    def _console_failed(self, error: libvirt.libvirtError) -> NoReturn:
        if "console session exists" in str(error) or "in use" in str(error):
            raise ConsoleTaken(
                f"somebody else is at the serial console of guest {self._guest}: {error}",
                host=self._host,
                state=_UNTOUCHED,
                then="restart this kernel if it is your own session; else have them leave"
                f" (`virsh console` ends with ctrl and ]), or end it: `virsh console {self._guest}"
                " --force`, which you leave again",
            )
        raise NoConsole(
            f"guest {self._guest} has no serial console to open: {error}",
            host=self._host,
            state=_UNTOUCHED,
            then=f"start the guest, and give it a serial port: `virsh edit {self._guest}`",
        )
