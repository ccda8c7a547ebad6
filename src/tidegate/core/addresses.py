"""IP addresses as limits count them: an IPv6 address as its /64, which is what one household or server is given, so that
a single customer does not own 2⁶⁴ buckets.
"""

import ipaddress

V6_NETWORK_BITS = 64

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def parsed(address: str) -> Address | None:
    """The address, an IPv4 one also where it comes mapped into IPv6; None for a text that is none."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    return ip


def network_of(address: str) -> str:
    """What `address` counts as; one name for everything that is no address, such as a unix socket's peer."""
    ip = parsed(address)
    if ip is None:
        return ""
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((ip, V6_NETWORK_BITS), strict=False))
    return str(ip)
