"""Where a request comes from, behind proxies too."""

import ipaddress
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection

from vitalapp.core.resources import Resources


async def provide_client_address(request: Request[Any, Any, Any]) -> str:
    """Dependency `client_address`: the nearest address that is not one of our own proxies."""
    return address_of(request)


def address_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The nearest address that is not one of our own proxies.

    Shape: `X-Forwarded-For` is read from its end, and only as far as trusted proxies wrote it.
    """
    resources: Resources = connection.app.state.resources
    peer = connection.client.host if connection.client else ""
    forwarded = [part.strip() for part in connection.headers.get("x-forwarded-for", "").split(",") if part.strip()]
    return client_address(peer, forwarded, trusted=resources.settings.trusted_proxies)


def client_address(peer: str, forwarded: list[str], *, trusted: tuple[str, ...]) -> str:
    """The last of the addresses from the client to the peer that is not in a trusted network."""
    networks = [ipaddress.ip_network(network) for network in trusted]
    nearest = peer
    for address in [peer, *reversed(forwarded)]:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return nearest
        nearest = address
        if not any(parsed in network for network in networks):
            return nearest
    return nearest
