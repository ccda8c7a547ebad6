"""RTMP publish addresses taken apart, so that the stream key can be kept out of whatever is shown. Pure."""

from urllib.parse import urlsplit

import msgspec

from tidegate.media.publish.types import PublishError

_HINT = "Use an address such as rtmp://127.0.0.1:1935/live/STREAM_KEY."


class Target(msgspec.Struct, frozen=True):
    """Where to publish.

    Attributes:
        url: server and application, `rtmp://host:port/live`: safe to show.
        key: what RTMP calls the playpath: everything behind the application; a secret.
    """

    url: str
    key: str


def parse_target(url: str) -> Target:
    """Take a publish address apart.

    Raises:
        PublishError: not `rtmp(s)://host/app/key`; the message does not repeat the address, which may hold a key.
    """
    try:
        parts = urlsplit(url)
        host = parts.netloc
        _ = parts.port
    except ValueError as error:
        raise PublishError("The publish address cannot be read.", hint=_HINT) from error
    app, _, key = parts.path.lstrip("/").partition("/")
    if parts.scheme not in {"rtmp", "rtmps"} or not host or not app:
        raise PublishError("The publish address is not an RTMP address.", hint=_HINT)
    if parts.query:
        key = f"{key}?{parts.query}"
    if not key or not key.isprintable():
        raise PublishError("The publish address has no stream key.", hint=_HINT)
    return Target(f"{parts.scheme}://{host}/{app}", key)
