"""What names an engine: nothing the embedded one, `http(s)://…` a ClickHouse, `off` none at all. Pure, and quick to import."""

import re
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

import msgspec

from tidegate.core.errors import InvalidError

OFF: Final = "off"

HTTP_PORT: Final = 8123
HTTPS_PORT: Final = 8443
"""ClickHouse's own."""

CLUSTER_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}\Z")


class Server(msgspec.Struct, frozen=True):
    """Where a ClickHouse answers, and as whom."""

    url: str
    user: str
    password: str
    cluster: str

    def __repr__(self) -> str:
        return f"Server(url={self.url!r}, cluster={self.cluster!r})"


def parse_dsn(dsn: str) -> Server:
    """`http://USER:PASSWORD@HOST:8123/?cluster=NAME`; https likewise.

    Raises:
        InvalidError: it is none.
    """
    parts = urlsplit(dsn)
    try:
        port = parts.port
    except ValueError:
        port = -1
    query = parse_qs(parts.query)
    cluster = query.pop("cluster", [""])[-1]
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or port == -1
        or query
        or parts.path not in {"", "/"}
        or (cluster and CLUSTER_NAME.match(cluster) is None)
    ):
        raise InvalidError(
            "telemetry is no address of a ClickHouse.",
            hint="Give http://USER:PASSWORD@HOST:8123/?cluster=NAME (cluster only where there is one), off, or nothing.",
            field="telemetry",
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    url = urlunsplit(
        (
            parts.scheme,
            f"{host}:{port or (HTTPS_PORT if parts.scheme == 'https' else HTTP_PORT)}",
            "/",
            "",
            "",
        )
    )
    return Server(url, unquote(parts.username or "default"), unquote(parts.password or ""), cluster)
