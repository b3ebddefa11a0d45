"""What a guest says of its own network, held against what it was to have, or had before."""

from __future__ import annotations

from runbook.common.clock import Clock
from runbook.guest.configure.guest_edit import DesiredNetwork
from runbook.plan.promise.check import Check
from runbook.state.guest import reader
from runbook.state.guest.files import InsideFile
from runbook.state.guest.inside import Inside
from runbook.transport.guest.channel import Channel

_PING = (
    'for _ in 1 2 3 4 5; do ping -c 1 -W 2 "$1" >/dev/null 2>&1 && exit 0; sleep 1; done; exit 1'
)
_SAME = ("ifname", "addresses", "default_routes", "nameservers", "managers", "cloud_init")
_LINES, _WIDTH = 4, 100


def verify(
    channel: Channel, desired: DesiredNetwork, before: Inside | None, clock: Clock
) -> tuple[Check, ...]:
    """Address, default route, the router's answer to a ping, name resolution.

    A name server has to answer if some are asked for, if one did `before` the change and is
    not left behind by it, or where that is not known; else it is not required.
    """
    inside = reader.read(channel, desired.mac, clock)
    pinged = channel.run(("sh", "-c", _PING, "sh", desired.gateway), timeout=60.0).returncode == 0
    return (
        *_standing(inside, desired),
        Check(
            f"in {desired.guest}: ping {desired.gateway}",
            "answers",
            "answers" if pinged else "no answer",
            pinged,
        ),
        _names(inside, desired, before),
    )


def _standing(inside: Inside, desired: DesiredNetwork) -> tuple[Check, ...]:
    address, where = str(desired.address), f"in {desired.guest}"
    route = f"{desired.gateway} {inside.ifname}"
    return (
        Check(
            f"{where}: IPv4 of the NIC {desired.mac}",
            address,
            " ".join(inside.addresses) or "none",
            inside.addresses == (address,),
        ),
        Check(
            f"{where}: default route",
            route,
            ", ".join(inside.default_routes) or "none",
            inside.default_routes == (route,),
        ),
    )


def _names(inside: Inside, desired: DesiredNetwork, before: Inside | None) -> Check:
    answered = bool(inside.answering)
    lasting = before is None or before.lasting(desired.address.network)
    required = bool(desired.nameservers or lasting)
    each = (f"{s} {'answers' if s in inside.answering else 'silent'}" for s in inside.nameservers)
    servers = ", ".join(each) or "none is configured"
    promised = "one answers" if required else f"not required: {_why_silent(before)}"
    return Check(f"in {desired.guest}: name servers", promised, servers, answered, required)


def _why_silent(before: Inside | None) -> str:
    answering = ", ".join(before.answering) if before else ""
    return f"{answering} is left behind" if answering else "none answered before the change"


def settings(before: Inside, after: Inside) -> dict[str, Check]:
    """What is live in the guest, by field."""
    return {
        field: Check(
            f"{field} in the guest",
            _as_text(getattr(before, field)),
            _as_text(getattr(after, field)),
            getattr(before, field) == getattr(after, field),
        )
        for field in _SAME
    }


def _as_text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def files(before: Inside, after: Inside) -> dict[str, Check]:
    """Each of its files, by path."""
    were, are = _by_path(before), _by_path(after)
    progress: dict[str, Check] = {}
    for path in sorted({*were, *are}):
        old, new = were.get(path), are.get(path)
        same = (old and (old.digest, old.mode)) == (new and (new.digest, new.mode))
        was, is_now = _apart(old, new) if old and new else ("there", "there")
        promised = was if old else _absent(before, path)
        current = is_now if new else _absent(after, path)
        progress[path] = Check(f"{path} in the guest", promised, current, same)
    return progress


def _by_path(inside: Inside) -> dict[str, InsideFile]:
    return {file.path: file for file in (*inside.files, inside.resolv_conf) if file}


def _absent(inside: Inside, path: str) -> str:
    return "not shown, for it holds a secret" if path in inside.withheld else "not there"


def _apart(old: InsideFile, new: InsideFile) -> tuple[str, str]:
    """In what one file differs from the other: its lines where they may be shown, its mode."""
    texts = _contents(old, new) if old.digest != new.digest else ("", "")
    modes = ("", "") if old.mode == new.mode else (f"mode {old.mode:o}", f"mode {new.mode:o}")
    was, is_now = (", ".join(filter(None, both)) for both in zip(texts, modes, strict=True))
    return was or "as it was", is_now or "as it was"


def _contents(old: InsideFile, new: InsideFile) -> tuple[str, str]:
    texts = (old.harmless, new.harmless)
    if None not in texts:
        was, is_now = ((text or "").splitlines() for text in texts)
        removed = [line for line in was if line not in is_now]
        come = [line for line in is_now if line not in was]
        if removed or come:
            return _excerpt(removed), _excerpt(come)
    return f"sha256 {old.digest[:16]}", f"sha256 {new.digest[:16]}"


def _excerpt(lines: list[str]) -> str:
    quoted = "; ".join(repr(line.strip()[:_WIDTH]) for line in lines[:_LINES])
    more = len(lines) - _LINES
    return (quoted or "without that") + (f"; and {more} more lines" if more > 0 else "")
