"""Where a webhook may go: public addresses only, checked on the address that is then connected to.

A name is resolved anew for each attempt and the connection goes to the checked address itself, so that neither a change of DNS nor a
redirect (none is followed) leads inside.
Rule: OWASP API7:2023.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

import httpx

ATTEMPT_SECONDS = 15
RESOLVE_SECONDS = 5
_CONNECT_SECONDS = 4

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# The well-known prefix (RFC 6052); the locally used one (RFC 8215) lies in reserved space and is refused.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Refused(Exception):
    """The destination is not one that webhooks go to."""


async def resolve(url: str, *, is_local_run: bool) -> list[Address]:
    """The addresses to connect to, in order of preference.

    Raises: Refused where any of the name's addresses is private, loopback, link-local or otherwise not public, where the name does not
    resolve, or for plain http. The local run may reach its own loopback.
    """
    try:
        parts, _ = urlsplit(url), httpx.URL(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if parts.hostname is None or (parts.scheme != "https" and not is_local_run):
            raise Refused
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError, httpx.InvalidURL):
        raise Refused from None
    addresses = [ipaddress.ip_address(entry[4][0]) for entry in found]
    if not addresses or not all(is_allowed(address, is_local_run=is_local_run) for address in addresses):
        raise Refused
    return addresses


def is_allowed(address: Address, *, is_local_run: bool) -> bool:
    """Whether a webhook may connect to `address`; an IPv4 address inside an IPv6 one counts as itself."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_allowed(inner, is_local_run=is_local_run)
        if address in _NAT64:
            return is_allowed(ipaddress.IPv4Address(address.packed[-4:]), is_local_run=is_local_run)
        if address.is_site_local:
            return False
    if is_local_run:
        return address.is_loopback
    return address.is_global and not address.is_multicast and not address.is_reserved


async def post(url: str, *, addresses: Sequence[Address], body: bytes, headers: dict[str, str]) -> int:
    """Post in the name of `url`'s host to the first of `addresses` that takes a connection; the status of the answer.

    The answer's body is not read.
    Raises: httpx.HTTPError, TimeoutError.
    """
    target = httpx.URL(url)
    headers = {**headers, "Host": target.netloc.decode()}
    timeout = httpx.Timeout(ATTEMPT_SECONDS, connect=_CONNECT_SECONDS)
    async with (
        asyncio.timeout(ATTEMPT_SECONDS),
        httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=timeout) as client,
    ):
        for address in addresses[:-1]:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await _post_to(client, target, address, body, headers)
        return await _post_to(client, target, addresses[-1], body, headers)


async def _post_to(
    client: httpx.AsyncClient, target: httpx.URL, address: Address, body: bytes, headers: dict[str, str]
) -> int:
    pinned = target.copy_with(host=str(address))
    extensions = {"sni_hostname": target.host}
    async with client.stream("POST", pinned, content=body, headers=headers, extensions=extensions) as answer:
        return answer.status_code
