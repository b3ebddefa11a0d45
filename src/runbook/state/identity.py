"""Which machine this is."""

from __future__ import annotations

from dataclasses import dataclass

from runbook.common.errors import ReadFailed
from runbook.state.table import understood
from runbook.transport.host import Reader

PATHS = (
    "/proc/sys/kernel/hostname",
    "/etc/machine-id",
    "/proc/sys/kernel/random/boot_id",
    "/proc/sys/kernel/osrelease",
    "/etc/os-release",
)


@dataclass(frozen=True, slots=True)
class Identity:
    """The machine, its boot and its versions; libvirt's as 9000000 for 9.0.0."""

    hostname: str
    machine_id: str
    boot_id: str
    kernel: str
    os_id: str
    os_version: str
    os_name: str
    libvirt_version: int


def machine_id(host: Reader) -> str:
    """The machine's number alone, for which libvirt need not answer; '' if it has none."""
    (file,) = host.read_files(("/etc/machine-id",))
    return file.content.decode(errors="replace").strip() if file else ""


@understood
def read(host: Reader) -> Identity:
    """Ask the host; raises ReadFailed if it cannot say who it is."""
    texts = [None if f is None else f.content.decode().strip() for f in host.read_files(PATHS)]
    if not all(texts):
        missing = ", ".join(p for p, text in zip(PATHS, texts, strict=True) if not text)
        raise ReadFailed(
            f"the host does not say who it is: {missing} is missing or empty",
            host=host.name,
            state="nothing was written",
            then="see that it is a Debian host with a machine-id (systemd-machine-id-setup)",
        )
    hostname, machine_id, boot_id, kernel, release = (str(text) for text in texts)
    words = dict(line.split("=", 1) for line in release.splitlines() if "=" in line)
    values = {key: value.strip('"') for key, value in words.items()}
    return Identity(
        hostname,
        machine_id,
        boot_id,
        kernel,
        values.get("ID", ""),
        values.get("VERSION_ID", ""),
        values.get("PRETTY_NAME", ""),
        host.libvirt_version(),
    )
