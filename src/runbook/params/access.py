"""How to reach a host: enough to look at it, or to end a change on it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from runbook.params import fields
from runbook.params import libvirt_uri as libvirt_uris
from runbook.params.fields import Wrong
from runbook.params.source import Source


class Access(BaseModel):
    """A host's name, and the way to it."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    host: Annotated[str, AfterValidator(fields.host)]
    connect: Literal["ssh", "ssh+sudo", "local", "sudo", "recorded"] = "ssh"
    destination: Annotated[str, AfterValidator(fields.destination)] = Field(
        default_factory=lambda given: str(given["host"])
    )
    ssh_config: Annotated[str, AfterValidator(fields.ssh_config)] | None = None
    libvirt_uri: Annotated[str, AfterValidator(fields.libvirt_uri)] | None = None
    recording: Annotated[str, AfterValidator(fields.recording)] | None = None

    @model_validator(mode="after")
    def _recording_is_named(self) -> Self:
        """Check that a recorded host has a recording."""
        if self.connect == "recorded" and self.recording is None:
            raise Wrong(
                "connect is 'recorded', and no recording is named",
                "name the file below params/, e.g. recording: example.json",
                "recording",
            )
        return self

    @model_validator(mode="after")
    def _libvirt_is_the_hosts(self) -> Self:
        """Check that libvirt's URI leads to this host."""
        if self.libvirt_uri is not None:
            libvirt_uris.check(self.libvirt_uri, self.connect, self.destination)
        return self

    @property
    def ssh_config_path(self) -> Path | None:
        """`ssh_config` with ~ made the home folder."""
        return None if self.ssh_config is None else Path(self.ssh_config).expanduser()


class KnownHost(Access):
    """A host with a change on it: how to reach it, and how to know it from another machine.

    `no_file`, `no_router` and `no_libvirt_uri` say what was left out, and why; '' is nothing.
    """

    machine_id: Annotated[str, AfterValidator(fields.machine_id)] | None = None
    router: Annotated[str, AfterValidator(fields.destination)] | None = None
    sources: Mapping[str, Source] = Field(default_factory=dict, exclude=True, repr=False)
    no_file: str = Field(default="", exclude=True, repr=False)
    no_router: str = Field(default="", exclude=True, repr=False)
    no_libvirt_uri: str = Field(default="", exclude=True, repr=False)

    @property
    def notes(self) -> tuple[str, ...]:
        """What an operator has to know of the way that is taken, a sentence each."""
        return tuple(filter(None, (self.no_file, self.no_router, self.no_libvirt_uri)))


ACCESS: tuple[str, ...] = tuple(Access.model_fields)
# What every host's file may say of the host itself; the rest is about a change.
KNOWN: tuple[str, ...] = (*ACCESS, "machine_id", "router")
