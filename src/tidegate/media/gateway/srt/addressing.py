"""Which channel and key an encoder means: from the stream id of its handshake. Pure.

#!::r=CHANNEL,m=publish,s=KEY     SRT access control; `s` or `u` may hold the key, `r` may be left out
publish:CHANNEL:KEY               as other servers have it
CHANNEL?key=KEY
CHANNEL/KEY
KEY                               the key alone names the channel

`role=backup`, as a further field of the query or of access control, makes it the channel's second publisher.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from tidegate.core.streams import Role
from tidegate.media.gateway.roles import WrongRoleError, named_role, query_fields
from tidegate.media.gateway.srt.errors import SrtRefusedError
from tidegate.media.gateway.srt.protocol import BAD_MODE, BAD_REQUEST
from tidegate.media.gateway.types import PublishAddress

_ACCESS_CONTROL = "#!::"
_HINT = "Put the stream key into the stream id, such as srt://HOST:PORT?streamid=KEY."
_MOST_FIELDS = 16


def publish_address(stream_id: str) -> PublishAddress:
    """Read a stream id.

    Raises:
        SrtRefusedError: there is no key in it, it asks for something else than publishing, or it has more parts
            than an address.
    """
    text = unquote(stream_id).strip()  # older ffmpegs send it percent-encoded, as it stands in their URL
    if text.startswith(_ACCESS_CONTROL):
        return _access_control(text.removeprefix(_ACCESS_CONTROL))
    mode, _, rest = text.partition(":")
    if mode in {"publish", "read", "request", "play"} and rest:
        _check_mode(mode)
        text = rest.replace(":", "/", 1)
    path, _, query = text.partition("?")
    fields = query_fields(query)
    keys, role = list(fields.get("key", [])), _role(fields)
    parts = [part for part in path.split("/") if part]
    if parts and parts[0] == "live" and len(parts) + len(keys) > 1:  # as in an RTMP address
        parts = parts[1:]
    match parts, keys:
        case [[channel], [key]] | [[channel, key], []]:
            return PublishAddress(channel, key, role)
        case [[key], []] | [[], [key]]:
            return PublishAddress("", key, role)
        case [[], []]:
            raise SrtRefusedError("The stream id is empty.", hint=_HINT, reason=BAD_REQUEST)
    raise SrtRefusedError("The stream id has too many parts.", hint=_HINT, reason=BAD_REQUEST)


def _access_control(text: str) -> PublishAddress:
    """`key=value` pairs, parted by commas, from the SRT access control guidelines."""
    pairs = (pair.partition("=") for pair in text.split(",", _MOST_FIELDS))
    fields = {name.strip(): value.strip() for name, _, value in pairs}
    _check_mode(fields.get("m", "publish"))
    key = fields.get("s") or fields.get("u") or ""
    if not key:
        raise SrtRefusedError(
            "The stream id carries no stream key.",
            hint="Add it as s=KEY, such as #!::r=CHANNEL,m=publish,s=KEY.",
            reason=BAD_REQUEST,
        )
    role = _role({name: [value] for name, value in fields.items()})
    return PublishAddress(fields.get("r", "").removeprefix("live/"), key, role)


def _role(fields: Mapping[str, Sequence[str]]) -> Role:
    try:
        return named_role(fields) or "primary"
    except WrongRoleError as error:
        raise SrtRefusedError(error.message, hint=error.hint, reason=BAD_REQUEST) from error


def _check_mode(mode: str) -> None:
    if mode != "publish":
        raise SrtRefusedError(
            "Playing over SRT is not served.",
            hint="Publish with m=publish; to watch, open the watch page or the HLS address.",
            reason=BAD_MODE,
        )
