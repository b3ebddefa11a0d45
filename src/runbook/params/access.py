"""How a host is reached: all that is needed to look at one that has no file yet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from runbook.params import fields
from runbook.params.fields import Wrong


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
        """Hold that a recorded host has a recording."""
        if self.connect == "recorded" and self.recording is None:
            raise Wrong(
                "connect is 'recorded', and no recording is named",
                "name the file below params/, e.g. recording: example.json",
                "recording",
            )
        return self

    @property
    def ssh_config_path(self) -> Path | None:
        """`ssh_config` with ~ made the home folder."""
        return None if self.ssh_config is None else Path(self.ssh_config).expanduser()


ACCESS: tuple[str, ...] = tuple(Access.model_fields)
