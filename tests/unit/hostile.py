"""What an unprivileged user of a host can make of a process of theirs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PYTHON = "/usr/bin/python3"
NOBODY = 65534
# The kernel lets each process say where its words and its environment lie (PR_SET_MM_MAP), here
# in a terabyte of memory that takes up no page until somebody reads it.
ENDLESS = """
import ctypes, os, resource, struct, sys, time
most = resource.getrlimit(resource.RLIMIT_AS)[1]
resource.setrlimit(resource.RLIMIT_AS, (most, most))
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = libc.sbrk.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
size = 1 << 40
place = libc.mmap(None, size, 3, 0x4022, -1, 0)
words = sys.argv[1].encode().replace(b" ", bytes(1))
ctypes.memmove(place, words, len(words))
stat = open("/proc/self/stat").read().rpartition(")")[2].split()
at = [int(stat[number - 3]) for number in (26, 27, 45, 46, 47, 28)]
heap = [at[4], libc.sbrk(0)]
ends = [place, place + size // 2, place + size // 2, place + size]
told = struct.pack("=11QQII", *at[:4], *heap, at[5], *ends, 0, 0, 0xFFFFFFFF)
buffer = ctypes.create_string_buffer(told, len(told))
if libc.prctl(35, 14, buffer, ctypes.c_ulong(len(told)), 0):
    sys.exit(os.strerror(ctypes.get_errno()))
print(flush=True)
time.sleep(600)
"""


@contextmanager
def endless(words: str) -> Iterator[int]:
    """A process whose command line begins with these words and has no end; its number."""
    user = NOBODY if os.getuid() == 0 else None
    argv = [PYTHON, "-I", "-c", ENDLESS, words]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, user=user, cwd="/") as child:
        assert child.stdout
        assert child.stdout.readline() == b"\n"
        try:
            with Path(f"/proc/{child.pid}/cmdline").open("rb") as shown:
                assert shown.read(len(words)).replace(b"\0", b" ") == words.encode()
            yield child.pid
        finally:
            child.kill()
