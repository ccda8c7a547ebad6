"""The HTTP client that requests to endpoints go out through: to the address that was checked, and nowhere else.

The host is resolved here and the connection made to the very address that was checked, so that a name which answers
otherwise the second time leads nowhere (DNS rebinding). Redirects are not followed: they are somebody else's choice of
address. A module of its own, since loading httpx takes longer than starting to serve; `sender` loads it when it is needed.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from typing import Any

import httpx

from tidegate.webhooks.errors import WebhookUrlError

RESPONSE_MAX_BYTES = 2048
"""How much of an answer is read and kept."""
URL_MAX_CHARS = 1024
_PORTS = {"http": 80, "https": 443}


class Outgoing:
    """Connections to endpoints. `allow_private` is asked each time."""

    def __init__(self, allow_private: Callable[[], bool]) -> None:
        self._allow_private = allow_private
        self._client = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=16),
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        """Status and the beginning of the answer.

        Raises:
            WebhookUrlError: it may not be posted to.
            OSError: there was no answer.
        """
        try:
            return await self._post(url, headers, body)
        except httpx.HTTPError as failure:
            raise ConnectionError(str(failure) or type(failure).__name__) from failure

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        target = checked_url(url)
        address = await self._address(target)
        pinned = target.copy_with(host=address)
        given = {**headers, "host": target.netloc.decode("ascii")}
        extensions: dict[str, Any] = {"sni_hostname": target.host} if target.scheme == "https" else {}
        request = self._client.build_request(
            "POST", pinned, content=body, headers=given, extensions=extensions
        )
        answer = await self._client.send(request, stream=True)
        try:
            held = b""
            async for piece in answer.aiter_raw():
                held += piece
                if len(held) >= RESPONSE_MAX_BYTES:
                    break
        finally:
            await answer.aclose()
        return answer.status_code, held[:RESPONSE_MAX_BYTES].decode("utf-8", "replace")

    async def _address(self, url: httpx.URL) -> str:
        """The address to connect to.

        Raises:
            WebhookUrlError: the name has none that may be connected to.
        """
        found = await asyncio.get_running_loop().getaddrinfo(
            url.host, url.port or _PORTS[url.scheme], type=socket.SOCK_STREAM
        )
        addresses = [str(info[4][0]) for info in found]
        if not self._allow_private() and not all(is_public(address) for address in addresses):
            raise WebhookUrlError(
                f"{url.host} is a private address.",
                hint="Set webhooks.allow_private to send there, such as to a program on this machine.",
            )
        return addresses[0]


def is_public(address: str) -> bool:
    """Whether an address is of the public internet: not loopback, private, link-local, multicast or reserved."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return ip.is_global and not ip.is_multicast


def checked_url(text: str) -> httpx.URL:
    """An address that can be posted to.

    Raises:
        WebhookUrlError: it is none.
    """
    try:
        url = httpx.URL(text)
        usable = url.scheme in _PORTS and bool(url.host) and not url.userinfo and len(text) <= URL_MAX_CHARS
    except (httpx.InvalidURL, ValueError):
        usable = False
    if not usable:
        raise WebhookUrlError(
            f"{text[:80]!r} is no address to post to.",
            hint="Give one like https://example.org/hooks, without a user name in it.",
        )
    return url
