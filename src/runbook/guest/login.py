"""Who logs into a guest, with whose password, and how long its console may take."""

from __future__ import annotations

import os
from collections.abc import Mapping

from runbook.params.guests import Guest
from runbook.transport.guest import login
from runbook.transport.guest.expect import Patience
from runbook.transport.guest.login import Credentials

# Patience with a silent console of a guest that a person may configure instead.
BY_HAND_S = 60.0
# Patience if its agent has answered before: the guest is booting, so the agent is asked again.
AGAIN_S = 45.0


def patience(guest: Guest, *, by_agent: bool = False) -> Patience:
    """How long a console may take to come to a shell: less where something else may do as well."""
    if by_agent:
        return Patience(arrive=AGAIN_S)
    return Patience(arrive=BY_HAND_S) if guest.by_hand else Patience()


def credentials(
    guest: Guest, environment: Mapping[str, str] = os.environ, *, again: bool = False
) -> Credentials:
    """Who logs in; the password is looked for when a login asks for it, and not before.

    `again`: the guest refused the last one.
    """
    source = guest.login_from
    if source is None:
        in_environment = any(environment.get(name) for name in login.variables(guest.name))
        source = "environment" if in_environment else "prompt"
    match source:
        case "environment":
            return login.from_environment(guest.name, guest.login, environment)
        case "keyring":
            return login.from_keyring(guest.name, guest.login)
        case _:
            introduction = f"{guest.name} refused user or password. Once more, " if again else ""
            return login.from_prompt(guest.name, guest.login, introduction=introduction)
