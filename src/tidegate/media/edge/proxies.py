"""Which peers may say who the viewer is (X-Forwarded-For), by address or network.

In: addresses as an operator lists them. Out: whether one is trusted, and the viewer's address: the last in the list that
no trusted proxy has, since everything before it was said by somebody who is not trusted.
"""

import ipaddress
from collections.abc import Iterable

from tidegate.core.addresses import Network, parsed
from tidegate.core.errors import InvalidError

REMEMBERED_MAX = 4096
HOPS_MAX = 8
"""Proxies in a row that are looked past."""


class ProxyInvalidError(InvalidError):
    code = "proxy-invalid"


class TrustedProxies:
    """A list of addresses and networks.

    Raises:
        ProxyInvalidError: one of them is neither.
    """

    def __init__(self, proxies: Iterable[str]) -> None:
        try:
            self._networks: tuple[Network, ...] = tuple(ipaddress.ip_network(each) for each in proxies)
        except ValueError as error:
            raise ProxyInvalidError(
                f"A trusted proxy is no address and no network: {error}.",
                hint="List addresses like 10.0.0.5 and networks like 10.0.0.0/8.",
            ) from None
        self._known: dict[str, bool] = {}

    def __contains__(self, address: str) -> bool:
        known = self._known.get(address)
        if known is None:
            if len(self._known) >= REMEMBERED_MAX:
                self._known.clear()
            ip = parsed(address)
            known = ip is not None and any(ip in network for network in self._networks)
            self._known[address] = known
        return known

    def viewer(self, peer: str, forwarded_for: bytes) -> str:
        """The viewer's address, given the peer's own and its X-Forwarded-For."""
        if not forwarded_for or peer not in self:
            return peer
        hops = forwarded_for.decode("latin-1").split(",")[-HOPS_MAX:]
        for hop in reversed(hops):
            address = hop.strip()
            if address not in self:
                return address
        return hops[0].strip()
