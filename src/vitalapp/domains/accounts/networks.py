"""Networks that a person signs in from, kept as keyed hashes only."""

import ipaddress

from vitalapp.core.keys import KeyRing

_PREFIX = {4: 24, 6: 48}


def network_index(keys: KeyRing, client_address: str) -> bytes:
    """A keyed hash of the network around an address: /24 in IPv4, /48 in IPv6."""
    try:
        address = ipaddress.ip_address(client_address)
    except ValueError:
        return keys.blind_index("network", client_address)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    network = ipaddress.ip_network((address, _PREFIX[address.version]), strict=False)
    return keys.blind_index("network", str(network))
