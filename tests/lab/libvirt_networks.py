"""Print the networks of libvirt on the host that is named, or why it was not asked.

A program of its own, for a test that starts it where the file systems are mounted otherwise.
"""

from __future__ import annotations

import sys

from runbook.common.errors import MendAccess
from runbook.transport.connect import connect
from runbook.transport.prefixes import ssh


def main(host: str) -> str:
    try:
        live = connect(host, prefix=ssh(host))
    except MendAccess as error:
        return str(error)
    try:
        return " ".join(network.name for network in live.networks())
    finally:
        live.close()


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1]))
