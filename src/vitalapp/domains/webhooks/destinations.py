"""Where a webhook may go: public addresses only, checked on the address that is then connected to.

A name is resolved anew for each attempt and the connection goes to the checked address itself, so that neither a change of DNS nor a
redirect (none is followed) leads inside.
Rule: OWASP API7:2023.
"""

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit

import httpx

ATTEMPT_SECONDS = 15

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(Exception):
    """The destination is not one that webhooks go to."""


async def resolve(url: str, *, is_local_run: bool) -> Address:
    """The address to connect to.

    Raises: Refused where any of the name's addresses is private, loopback, link-local or otherwise not public, where the name does not
    resolve, or for plain http. The local run may reach its own loopback.
    """
    parts = urlsplit(url)
    if parts.hostname is None or (parts.scheme != "https" and not is_local_run):
        raise Refused
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        raise Refused from None
    addresses = [ipaddress.ip_address(entry[4][0]) for entry in found]
    if not addresses or not all(is_allowed(address, is_local_run=is_local_run) for address in addresses):
        raise Refused
    return addresses[0]


def is_allowed(address: Address, *, is_local_run: bool) -> bool:
    """Whether a webhook may connect to `address`; an IPv4 address inside an IPv6 one counts as itself."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_allowed(inner, is_local_run=is_local_run)
        if address in ipaddress.ip_network("64:ff9b::/96"):
            return is_allowed(ipaddress.IPv4Address(address.packed[-4:]), is_local_run=is_local_run)
    if is_local_run:
        return address.is_loopback
    return address.is_global and not address.is_multicast


async def post(url: str, *, address: Address, body: bytes, headers: dict[str, str]) -> int:
    """Post to `address` in the name of `url`'s host; the status of the answer, whose body is not kept.

    Raises: httpx.HTTPError, TimeoutError.
    """
    target = httpx.URL(url)
    pinned = target.copy_with(host=str(address))
    async with (
        asyncio.timeout(ATTEMPT_SECONDS),
        httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=ATTEMPT_SECONDS) as client,
        client.stream(
            "POST",
            pinned,
            content=body,
            headers={**headers, "Host": target.netloc.decode()},
            extensions={"sni_hostname": target.host},
        ) as answer,
    ):
        return answer.status_code
