"""Whose rule is it: libvirt's, runbook's, Docker's, or somebody else's."""

from __future__ import annotations

import re

LIBVIRT, RUNBOOK, DOCKER, OTHER = "libvirt", "runbook", "docker", "other"
LIBVIRT_CHAIN, RUNBOOK_CHAIN, DOCKER_CHAIN = "LIBVIRT_", "RUNBOOK-", "DOCKER"
_STEMS = ((LIBVIRT, LIBVIRT_CHAIN), (RUNBOOK, RUNBOOK_CHAIN), (DOCKER, DOCKER_CHAIN))
_TARGET = re.compile(r" -[jg] (\S+)")
_DOCKERS = re.compile(r" -[io] (?:docker[0-9]|br-[0-9a-f]{12})(?: |$)")
# nft tables that are made by these names.
_TABLES = (("libvirt_", LIBVIRT), ("docker-", DOCKER))


def owner(chain: str, rule: str) -> str:
    """By the chain that it stands in or leads to; Docker's also by its bridges."""
    named = (chain, *_TARGET.findall(rule))
    for name, stem in _STEMS:
        if any(word.startswith(stem) for word in named):
            return name
    return DOCKER if _DOCKERS.search(rule) else OTHER


def table_owner(table: str) -> str:
    """Of a native nft table."""
    found = (name for stem, name in _TABLES if table.startswith(stem))
    return next(found, OTHER)
