"""What starts the relay on the host: a constant argv, then source on its input."""

from __future__ import annotations

from functools import cache
from importlib import resources

# Constant, one line, and free of ! and \ so that any login shell passes it on.
# Isolated mode: what lies about in the home folder must not shadow a module.
ARGV = (
    "python3",
    "-I",
    "-u",
    # Names of files are bytes, whatever locale the login has.
    "-X",
    "utf8",
    "-c",
    "import sys; i = sys.stdin.buffer; exec(i.read(int(i.readline())))",
)
OLD_PYTHON = "runbook needs Python 3.7 or newer on the host"
_PACKAGE = "runbook.transport.relay"
_MODULES = (
    *("frames", "files", "inodes", "commands", "netlink", "channels", "gate", "processes"),
    "serve",
)
# Parsed by whatever Python 3 the host has, so kept to what all of them know.
_LOADER = """\
import sys, types
if sys.version_info < (3, 7):
    sys.exit({refusal!r} + ", this is " + sys.version.split()[0])
def load(name, source):
    module = sys.modules[name] = types.ModuleType(name)
    module.__path__ = []
    parent, _, last = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], last, module)
    exec(compile(source, name, "exec"), module.__dict__)
    return module
for name, source in {modules!r}:
    module = load(name, source)
module.main()
"""


@cache
def source() -> bytes:
    """Everything the host's Python reads first: a length line, then that many bytes."""
    parents = _PACKAGE.split(".")
    modules = [(".".join(parents[: n + 1]), "") for n in range(len(parents))]
    folder = resources.files(_PACKAGE)
    modules += [
        (f"{_PACKAGE}.{name}", folder.joinpath(f"{name}.py").read_text(encoding="utf-8"))
        for name in _MODULES
    ]
    program = _LOADER.format(refusal=OLD_PYTHON, modules=modules).encode()
    return b"%d\n" % len(program) + program
