"""From which networks staff may come."""

import ipaddress
from collections.abc import Iterable

from vitalapp.core.settings import Settings


def is_in(address: str, networks: Iterable[str]) -> bool:
    """Whether an address lies in one of the networks; what is no address lies in none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if parsed.version == 6 else None
    return any((mapped or parsed) in ipaddress.ip_network(network) for network in networks)


def may_staff_come_from(address: str, *, roles: Iterable[str], settings: Settings) -> bool:
    """Whether somebody with one of the roles is let in from an address.

    Shape: `staff_networks` holds networks for every role and `role=network` for one; a role with networks of its own is let in
    from these alone. An empty list lets nobody in, but in the local run everybody.
    Rule: S0-33.
    """
    if not settings.staff_networks:
        return settings.is_local_run
    return any(is_in(address, networks_of(role, settings)) for role in roles)


def networks_of(role: str, settings: Settings) -> list[str]:
    """The networks that a role is let in from."""
    named = [entry.partition("=") for entry in settings.staff_networks if "=" in entry]
    own = [network for name, _, network in named if name == role]
    return own or [entry for entry in settings.staff_networks if "=" not in entry]
