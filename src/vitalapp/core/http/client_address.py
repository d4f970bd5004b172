"""Who really asks, behind the proxies that we trust."""

import ipaddress
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from litestar import Request
from litestar.connection import ASGIConnection

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Client(NamedTuple):
    """The other end of a request: its address, and the scheme by which it reached the first of our proxies."""

    address: str
    scheme: str


class TrustedProxies:
    """Reads `X-Forwarded-For` and `X-Forwarded-Proto` as far as our own proxies wrote them, and no further."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = [ipaddress.ip_network(network) for network in networks]

    def client(self, peer: str, scheme: str, *, forwarded_for: Sequence[str], forwarded_proto: str) -> Client:
        """The client of a request that came from `peer`: of all hops the last that is no trusted proxy."""
        address = _parse_address(peer)
        if address is None or not _is_in(address, self._networks):
            return Client(peer if address is None else str(address), scheme)
        hops = [hop.strip() for value in forwarded_for for hop in value.split(",")]
        for hop in reversed(hops):
            parsed = _parse_address(hop)
            if parsed is None:
                break
            address = parsed
            if not _is_in(address, self._networks):
                break
        return Client(str(address), forwarded_proto.partition(",")[0].strip().lower() or scheme)


@lru_cache(maxsize=1024)
def _parse_address(text: str) -> Address | None:
    """An address, also with a port or in brackets; an IPv4 address in IPv6 clothes is an IPv4 address."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


async def provide_client_address(request: Request[Any, Any, Any]) -> str:
    """Dependency `client_address`: where the request comes from."""
    return address_of(request)


def address_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Where a request comes from, as the envelope made it out."""
    return connection.scope["state"]["client_address"]


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)
