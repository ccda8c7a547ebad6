"""Which channel and key an encoder means: from the app name of `connect` and the stream name of `publish`.

rtmp://host/live/KEY                  the key alone names the channel
rtmp://host/live/CHANNEL?key=KEY
rtmp://host/live/CHANNEL/KEY          whether the encoder splits it as `live` + `CHANNEL/KEY` or `live/CHANNEL` + `KEY`
"""

from urllib.parse import parse_qs

import msgspec

from tidegate.media.gateway.rtmp.errors import CommandRefusedError

APP = "live"
_LONGEST_NAME = 512  # channel names take 63, keys below 64; more is no address of ours
_HINT = "Use rtmp://HOST/live as the server and the stream key as the key."


class PublishAddress(msgspec.Struct, frozen=True):
    """`channel` is empty where the key alone names it. The key is a secret: it stays out of `repr`."""

    channel: str
    key: str

    def __repr__(self) -> str:
        return f"PublishAddress(channel={self.channel!r})"


def check_app(app: str) -> None:
    """Refuse a connection to an application that does not exist.

    Raises:
        CommandRefusedError: it is not `live`.
    """
    name = _path(app)[:1]
    if name != [APP]:
        shown = name[0][:40] if name else ""
        raise CommandRefusedError(f"There is no application {shown!r} here.", hint=_HINT)


def publish_address(app: str, stream: str) -> PublishAddress:
    """Read both names together.

    Raises:
        CommandRefusedError: there is no key in them, or more parts than an address has.
    """
    if len(app) + len(stream) > _LONGEST_NAME:
        raise CommandRefusedError("The address is too long.", hint=_HINT)
    parts = [*_path(app)[1:], *_path(stream)]
    key = _query_key(stream) or _query_key(app)
    if key and len(parts) == 1:
        return PublishAddress(parts[0], key)
    if not key and len(parts) == 1:
        return PublishAddress("", parts[0])
    if not key and len(parts) == 2:
        return PublishAddress(parts[0], parts[1])
    if not parts:
        raise CommandRefusedError("The address carries no stream key.", hint=_HINT)
    raise CommandRefusedError("The address has too many parts.", hint=_HINT)


def _path(name: str) -> list[str]:
    return [part for part in name.partition("?")[0].split("/") if part]


def _query_key(name: str) -> str:
    values = (
        parse_qs(name.partition("?")[2], max_num_fields=16) if "?" in name and name.count("&") < 16 else {}
    )
    return values.get("key", [""])[0]
