"""The lab that the measurements need: one host of Debian 12 with static addresses, made anew."""

from __future__ import annotations

from tests import bench

from runbook.lab import lab as labs
from runbook.lab import machine


def up(hosts: int = 1) -> None:
    """So many hosts; a lab that stands as asked for is left alone."""
    labs.up(hosts, "bookworm", "static", _say)


def renewed(host: str = bench.HOST, release: str = "") -> None:
    """The host as it was installed, of another release if one is named; the router forgot it."""
    machine.power_cut(host)
    bench.lab("router", "--", "ip", "neigh", "flush", "all")
    labs.renew(host, release)


def _say(_text: str) -> None:
    """Progress is for people."""
