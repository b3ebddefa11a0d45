from __future__ import annotations

import subprocess
import sys

PARTS = "len([name for name in sys.modules if name.startswith('pyroute2.')])"


def said(*lines: str) -> list[str]:
    """What a Python of its own prints for each of these expressions, one after the other."""
    script = "; ".join(("import runbook, sys", *(f"print({line})" for line in lines)))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_the_messages_of_the_kernel_bring_no_other_part_of_pyroute2() -> None:
    read = "__import__('runbook.apply.steps.netlink_bytes')"
    _, few, whole, many = said(read, PARTS, "sys.modules['pyroute2'].IPRoute.__name__", PARTS)
    assert int(few) < int(many) / 1.5
    assert whole == "IPRoute"


def test_the_package_is_as_always_for_whoever_asks_it() -> None:
    # A part that nobody imported, a name that there is not, and one that all modules are asked for.
    loaded = "__import__('pyroute2.netlink')"
    asked = ("__version__", "ipset", "no_such_name", "__wrapped__")
    tries = [f"hasattr(sys.modules['pyroute2'], {name!r})" for name in asked]
    assert said(loaded, *tries)[1:] == ["True", "True", "False", "False"]


def test_pandas_is_imported_when_something_of_it_is_asked_for() -> None:
    there = "'pandas' in sys.modules"
    pd = "__import__('runbook.common.later').common.later.pd"
    assert said(f"bool({pd})", there, f"{pd}.DataFrame({{'n': [1]}}).shape", there)[1:] == [
        "False",
        "(1, 1)",
        "True",
    ]
