"""libvirt on the host, through libvirt's own URI.

Every call runs in a thread of its own with a time limit, and the connection
sends keepalives: a libvirtd that hangs is an error within seconds.
"""

from __future__ import annotations

import threading
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import libvirt

from runbook.common import debug_log
from runbook.common.errors import HypervisorUnavailable
from runbook.transport.bounded import in_thread, within
from runbook.transport.host import GuestXML, NetworkXML

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook.transport.session import Login

Result = TypeVar("Result")

_OPEN_S = 15.0
# A login that takes this long leaves too little of it for libvirt.
SLOW_LOGIN_S = 5.0
GREETING_LETTERS = 80
UNCHANGED = "its network is not changed by this; libvirt may or may not have done it"
_READ_S = 30.0
_KEEPALIVE_S = 2
_KEEPALIVE_COUNT = 3
# virsh's words for virDomainState.
_STATES = {
    libvirt.VIR_DOMAIN_NOSTATE: "no state",
    libvirt.VIR_DOMAIN_RUNNING: "running",
    libvirt.VIR_DOMAIN_BLOCKED: "idle",
    libvirt.VIR_DOMAIN_PAUSED: "paused",
    libvirt.VIR_DOMAIN_SHUTDOWN: "in shutdown",
    libvirt.VIR_DOMAIN_SHUTOFF: "shut off",
    libvirt.VIR_DOMAIN_CRASHED: "crashed",
    libvirt.VIR_DOMAIN_PMSUSPENDED: "pmsuspended",
}
_VANISHED = (libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_ERR_NO_NETWORK)


@dataclass(slots=True)
class _Slot:
    connection: libvirt.virConnect | None = None


class Hypervisor:
    """A libvirt connection that opens when first asked, and again if it died."""

    def __init__(
        self,
        host: str,
        uri: str,
        elsewhere: Callable[[], str] | None = None,
        login: Login | None = None,
    ) -> None:
        """`host` is the name for the operator; nothing is contacted yet.

        `elsewhere` is asked once a connection is open: why it may end on another machine, '' if it
        does not. Without it the URI itself says that it is this machine. `login` is how the
        relay's login by ssh went, for libvirt logs in the same way.
        """
        self._host = host
        self._login = login
        self._elsewhere = elsewhere
        self._uri = uri
        self._slot = _Slot()
        self._lock = threading.Lock()

    def version(self) -> int:
        """The daemon's libvirt version as libvirt numbers it."""
        return self._read("tell its version", lambda c: int(c.getLibVersion()))

    def networks(self) -> tuple[NetworkXML, ...]:
        """Every network, sorted by name."""
        return self._read("list networks", lambda c: _each(c.listAllNetworks(0), _network))

    def guests(self) -> tuple[GuestXML, ...]:
        """Every domain, sorted by name."""
        return self._read("list guests", lambda c: _each(c.listAllDomains(0), _guest))

    def of_guest(self, guest: str, ask: Callable[[Any], Result], limit: float) -> Result:
        """What `ask` makes of a guest's virDomain within `limit` seconds.

        Raises libvirt's own error where libvirt refuses, for only the caller knows what
        that means; HypervisorUnavailable where libvirt does not answer.
        """
        connection = self._connection()
        try:
            with debug_log.timed(f"libvirt of {self._host}: guest {guest}"):
                return within(limit, lambda: ask(connection.lookupByName(guest)))
        except FutureTimeout as error:
            raise self._unavailable(f"answer about guest {guest}", error) from error
        except libvirt.libvirtError as error:
            if not _alive(connection):
                raise self._unavailable(f"answer about guest {guest}", error) from error
            raise

    def close(self) -> None:
        """End the connection, if there is one; never waits long."""
        with self._lock:
            connection, self._slot.connection = self._slot.connection, None
        if connection is not None:
            in_thread(lambda: _quietly(connection.close), 2.0)

    def _read(self, subject: str, ask: Callable[[Any], Result]) -> Result:
        connection = self._connection()
        try:
            with debug_log.timed(f"libvirt of {self._host}: {subject}"):
                return within(_READ_S, lambda: ask(connection))
        except (libvirt.libvirtError, FutureTimeout) as error:
            raise self._unavailable(subject, error) from error

    def _connection(self) -> libvirt.virConnect:
        with self._lock:
            if self._slot.connection is None or not _alive(self._slot.connection):
                self._slot.connection = self._open()
            return self._slot.connection

    def _open(self) -> libvirt.virConnect:
        _start_events()
        try:
            with debug_log.timed(f"libvirt of {self._host}: open {self._uri}"):
                opened = within(_OPEN_S, lambda: _kept_alive(libvirt.open(self._uri)))
        except (libvirt.libvirtError, FutureTimeout) as error:
            raise self._not_opened(error) from error
        why = self._elsewhere() if self._elsewhere else ""
        if why:
            in_thread(lambda: _quietly(opened.close), 2.0)
            raise self._not_here(why)
        return opened

    def _not_opened(self, error: BaseException) -> HypervisorUnavailable:
        """The error for a connection that did not open; the login may be what is wrong."""
        if self._login and self._login.greeting:
            return HypervisorUnavailable(
                f"libvirt at {self._uri} did not open a connection: something on {self._host}"
                f" prints at each login, and libvirt takes that for an answer:"
                f" {self._login.greeting.splitlines()[0][:GREETING_LETTERS]!r}",
                host=self._host,
                state=UNCHANGED,
                then="begin ~/.bashrc, and each file that it reads and that prints, with"
                " `case $- in *i*) ;; *) return ;; esac`; what ~/.ssh/rc and"
                " /etc/ssh/sshrc print, send to >&2; `ssh HOST true` has to print nothing",
            )
        if self._login and self._login.seconds > SLOW_LOGIN_S:
            return HypervisorUnavailable(
                f"libvirt at {self._uri} did not open a connection within {_OPEN_S:.0f} s:"
                f" a login on {self._host} takes {self._login.seconds:.0f} s",
                host=self._host,
                state=UNCHANGED,
                then="make `time ssh HOST true` end within 2 s: often sshd asks a name server that"
                " does not answer (`UseDNS no` in /etc/ssh/sshd_config)",
            )
        return self._unavailable("open a connection", error)

    def _not_here(self, why: str) -> HypervisorUnavailable:
        return HypervisorUnavailable(
            f"libvirt at {self._uri} is not proven to be on {self._host}: {why}",
            host=self._host,
            state="not changed by this; nothing was asked of that libvirt",
            then="make ssh lead to one machine each time: leave `libvirt_uri` out, and see in"
            f" `ssh -G` that the name means one address; `virsh -c {self._uri} hostname`"
            " shows which machine libvirt is on",
        )

    def _unavailable(self, subject: str, error: BaseException) -> HypervisorUnavailable:
        return HypervisorUnavailable(
            f"libvirt at {self._uri} did not {subject}: {_message(error)}",
            host=self._host,
            state=UNCHANGED,
            then=f"make 'virsh -c {self._uri} net-list' answer, then start again: on the host,"
            " `systemctl start libvirtd` (virtqemud and virtnetworkd where libvirt is modular),"
            " and connect as root or as a user in the group libvirt",
        )


def _each(handles: list[Any], read: Callable[[Any], Result]) -> tuple[Result, ...]:
    found = []
    for handle in sorted(handles, key=lambda h: str(h.name())):
        try:
            found.append(read(handle))
        except libvirt.libvirtError as error:
            # Gone between the list and the question: then it is not there.
            if error.get_error_code() not in _VANISHED:
                raise
    return tuple(found)


def _network(network: libvirt.virNetwork) -> NetworkXML:
    active, persistent = bool(network.isActive()), bool(network.isPersistent())
    inactive = libvirt.VIR_NETWORK_XML_INACTIVE
    return NetworkXML(
        name=network.name(),
        defined=network.XMLDesc(inactive) if persistent else "",
        live=network.XMLDesc(0) if active else "",
        active=active,
        persistent=persistent,
        autostart=persistent and bool(network.autostart()),
    )


def _guest(domain: libvirt.virDomain) -> GuestXML:
    lasting = bool(domain.isPersistent())
    return GuestXML(
        name=domain.name(),
        xml=domain.XMLDesc(0),
        state=_STATES.get(domain.state()[0], "no state"),
        autostart=lasting and bool(domain.autostart()),
        defined=domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE) if lasting else "",
        saved=lasting and bool(domain.hasManagedSaveImage()),
    )


def _kept_alive(connection: libvirt.virConnect) -> libvirt.virConnect:
    try:
        connection.setKeepAlive(_KEEPALIVE_S, _KEEPALIVE_COUNT)
    except libvirt.libvirtError as error:
        # A driver inside this process has no connection to keep alive.
        if error.get_error_code() != libvirt.VIR_ERR_NO_SUPPORT:
            raise
    return connection


def _alive(connection: libvirt.virConnect) -> bool:
    try:
        return bool(connection.isAlive())
    except libvirt.libvirtError:
        return False


def _message(error: BaseException) -> str:
    if isinstance(error, FutureTimeout):
        return "no answer in time"
    return str(error)


def _quietly(call: Callable[[], Any]) -> None:
    try:
        call()
    except libvirt.libvirtError:
        return


@cache
def _start_events() -> None:
    """Start libvirt's event loop, which keepalives need; once a process."""
    # libvirt prints every error on standard error unless told otherwise.
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    libvirt.virEventRegisterDefaultImpl()

    def loop() -> None:
        while True:
            libvirt.virEventRunDefaultImpl()

    threading.Thread(target=loop, daemon=True, name="libvirt-events").start()
