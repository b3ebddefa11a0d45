"""Guests: where each hangs, how its addresses were seen, what leads inside, what a person does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from runbook.common.later import pd
from runbook.guest.target import GuestOffer
from runbook.views.page.picture import Picture, note, safe, stack, title
from runbook.views.tables import Look, card, table

NAMELESS = "none: no name resolves in it"
STATES = {"running": "rb-added", "shut off": "rb-changed"}


def guests(rows: pd.DataFrame, bridge: str) -> Picture:
    """A NIC and address a row, the rows of `sightings.table`; a tap in no bridge stands out."""
    if rows.empty:
        return note("This host has no guest.")
    again = rows[["guest", "mac"]].duplicated()
    shown = rows.astype(object)
    shown.loc[again, ["guest", "state", "network", "mac", "tap", "bridge"]] = ""
    colours = pd.DataFrame("", index=rows.index, columns=rows.columns)
    colours["state"] = [STATES.get(str(state), "rb-removed") for state in rows["state"]]
    colours.loc[(rows["tap"] != "") & (rows["bridge"] == ""), "bridge"] = "rb-removed"
    colours.loc[rows["bridge"] == bridge, "bridge"] = "rb-added"
    lost = rows[(rows["tap"] != "") & (rows["bridge"] == "")]
    shown.loc[lost.index, "bridge"] = "none!"
    head = "Guests: NIC, network, addresses, and who reported each"
    return table(
        shown,
        Look(head, classes=colours, headings={"how": "reported by"}, limit=len(rows)),
    )


def offers(rows: Iterable[GuestOffer]) -> Picture:
    """A guest a row: the way inside, and what was seen there."""
    frame = offers_table(rows)
    colours = pd.DataFrame("", index=frame.index, columns=frame.columns)
    colours["way inside"] = ["rb-changed" if way == "none" else "" for way in frame["way inside"]]
    colours["name servers"] = [
        "rb-changed" if names == NAMELESS else "" for names in frame["name servers"]
    ]
    return table(
        frame,
        Look(
            "The way into each guest",
            classes=colours,
            limit=max(len(frame), 1),
            unit="guest",
        ),
    )


def offers_table(offers: Iterable[GuestOffer]) -> pd.DataFrame:
    """One row a guest.

    Columns: guest, way inside, system, NIC inside, addresses, default route, name servers.
    """
    rows = [(offer.guest, offer.way or "none", *_inside(offer)) for offer in offers]
    columns = ["guest", "way inside", "system", "NIC inside", "addresses", "default route"]
    return pd.DataFrame(rows, columns=[*columns, "name servers"])


def _inside(offer: GuestOffer) -> tuple[str, str, str, str, str]:
    seen = offer.inside
    if seen is None:
        return "; ".join(offer.tried) or "the guest does not run", "", "", "", ""
    nic = f"{seen.ifname or 'none'} ({seen.manager or 'managed by nothing known'})"
    names = ", ".join(
        f"{one} ({'answers' if one in seen.answering else 'silent'})" for one in seen.nameservers
    )
    routes = ", ".join(seen.default_routes)
    return seen.os_name, nic, " ".join(seen.addresses), routes, names or NAMELESS


def guest_undos(typed: Mapping[str, str]) -> Picture:
    """What leads back in each guest, by itself and by a person at its console."""
    by_hand = [(f"by hand, at the console of {name}", line) for name, line in typed.items()]
    by_itself = ("by itself", "shortly before the host's undo, unless confirmed")
    return card([by_itself, *by_hand], "The undo in each guest")


def instructions(guest: str, text: str, wait_s: int) -> Picture:
    """What a person does now, to the letter; and how long it is waited for."""
    body = Picture(f"<pre>{safe(text)}</pre>", text)
    said = f"Phase cutover waits up to {wait_s} s: the address has to answer with the guest's MAC."
    return stack((title(f"By hand, at the console of {guest}"), body, note(said, "warn")))
