"""What an agent answers, as its protocol has it: a guest may say anything at all.

Shapes after qapi/qga schema: https://qemu-project.gitlab.io/qemu/interop/qemu-ga-ref.html
"""

from __future__ import annotations

from typing import Any

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, TypeAdapter


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class AgentAnswer(_Told):
    """What each answer is wrapped in."""

    returned: Any = Field(alias="return")


class Begun(_Told):
    """Of guest-exec."""

    pid: int


class Status(_Told):
    """Of guest-exec-status; all but `exited` stands there once it has."""

    exited: bool
    exitcode: int | None = None
    signal: int = 0
    stdout: Base64Bytes = Field(default=b"", alias="out-data")
    stderr: Base64Bytes = Field(default=b"", alias="err-data")
    out_truncated: bool = Field(default=False, alias="out-truncated")
    err_truncated: bool = Field(default=False, alias="err-truncated")


class AgentCommand(_Told):
    """One that the agent knows."""

    name: str
    enabled: bool


class Info(_Told):
    """Of guest-info."""

    supported_commands: tuple[AgentCommand, ...] = ()


ANYTHING: TypeAdapter[object] = TypeAdapter(Any)
BEGUN = TypeAdapter(Begun)
STATUS = TypeAdapter(Status)
INFO = TypeAdapter(Info)
