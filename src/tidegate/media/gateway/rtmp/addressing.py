"""Which channel and key an encoder means: from the app name of `connect` and the stream name of `publish`.

rtmp://host/live/KEY                  the key alone names the channel
rtmp://host/live/CHANNEL?key=KEY
rtmp://host/live/CHANNEL/KEY          whether the encoder splits it as `live` + `CHANNEL/KEY` or `live/CHANNEL` + `KEY`

Each may end in `?role=backup` (`&role=backup` behind another field), which makes it the channel's second publisher.
"""

from tidegate.media.gateway.roles import named_role, query_fields
from tidegate.media.gateway.rtmp.errors import CommandRefusedError
from tidegate.media.gateway.types import PublishAddress

APP = "live"
_LONGEST_NAME = 512  # channel names take 63, keys below 64; more is no address of ours
_HINT = "Use rtmp://HOST/live as the server and the stream key as the key."


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
        WrongRoleError: they name a role there is not.
    """
    if len(app) + len(stream) > _LONGEST_NAME:
        raise CommandRefusedError("The address is too long.", hint=_HINT)
    parts = [*_path(app)[1:], *_path(stream)]
    of_stream, of_app = (query_fields(name.partition("?")[2]) for name in (stream, app))
    key = (of_stream.get("key") or of_app.get("key") or [""])[0]
    role = named_role(of_stream) or named_role(of_app) or "primary"
    if key and len(parts) == 1:
        return PublishAddress(parts[0], key, role)
    if not key and len(parts) == 1:
        return PublishAddress("", parts[0], role)
    if not key and len(parts) == 2:
        return PublishAddress(parts[0], parts[1], role)
    if not parts:
        raise CommandRefusedError("The address carries no stream key.", hint=_HINT)
    raise CommandRefusedError("The address has too many parts.", hint=_HINT)


def _path(name: str) -> list[str]:
    return [part for part in name.partition("?")[0].split("/") if part]
