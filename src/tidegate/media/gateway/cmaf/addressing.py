"""Which channel and track a request means, and which key it brings (DASH-IF Live Media Ingest 5, RFC 6750, RFC 7617).

/ingest/CHANNEL/video.cmfv          an endless track, or muxed ones
/ingest/CHANNEL/init-video.mp4      a header of its own,
/ingest/CHANNEL/video-00012.m4s     and segments: names differ in what counts or says `init`, `chunk`, `seg`
/ingest/CHANNEL/Streams(video.cmfv) the protocol's own form
"""

import base64
import binascii
import re
from typing import Literal
from urllib.parse import parse_qs, unquote

import msgspec

from tidegate.core.ids import CHANNEL_NAME
from tidegate.media.gateway.cmaf.errors import NoSuchDoorError

PREFIX = "/ingest/"
_PATH_MAX = 512
_HINT = "Push to /ingest/CHANNEL/TRACK.cmfv, .cmfa, .mp4 or .m4s."
_MEDIA = ("cmfv", "cmfa", "cmfm", "cmft", "mp4", "m4s", "m4v", "m4a", "cmf")
_MANIFESTS = ("mpd", "m3u8")
_STREAMS = re.compile(r"Streams\(([^()/]+)\)\Z", re.IGNORECASE)
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,126}\Z")
_ROLE = re.compile(
    r"(?:^|(?<=[-_.]))(?:init|header|chunk|seg|segment|fragment)(?=[-_.]|\d|\Z)[-_.]?", re.IGNORECASE
)
_COUNT = re.compile(r"(?:^|[-_.])\d+\Z")
_SEGMENTS = ("m4s", "m4v", "m4a")
"""Extensions whose last number counts segments; elsewhere it may tell tracks apart."""

Kind = Literal["media", "manifest"]


class Resource(msgspec.Struct, frozen=True):
    """What a request's path names. `track` is the same for a track's header and all its segments."""

    channel: str
    track: str
    kind: Kind
    file: str


def resource(target: str) -> Resource:
    """Read a request target.

    Raises:
        NoSuchDoorError: it is none of a track.
    """
    path = unquote(target.partition("?")[0])
    if len(path) > _PATH_MAX or not path.startswith(PREFIX):
        raise NoSuchDoorError("There is nothing to push to at this address.", hint=_HINT)
    channel, _, rest = path.removeprefix(PREFIX).partition("/")
    file = rest.rpartition("/")[2]
    streams = _STREAMS.match(file)
    file = streams[1] if streams else file
    stem, _, extension = file.rpartition(".")
    if not stem:
        stem, extension = file, "cmf"
    if CHANNEL_NAME.match(channel) is None or _FILE.match(file) is None:
        raise NoSuchDoorError("There is nothing to push to at this address.", hint=_HINT)
    extension = extension.lower()
    if extension in _MANIFESTS:
        return Resource(channel, "", "manifest", file)
    if extension not in _MEDIA:
        raise NoSuchDoorError(f"{extension[:10]!r} is no track's extension.", hint=_HINT)
    return Resource(channel, track_name(stem, extension), "media", file)


def track_name(stem: str, extension: str) -> str:
    """A file's name without what tells a header and the segments apart."""
    role = _ROLE.search(stem)
    name = _ROLE.sub("", stem, count=1)
    if extension in _SEGMENTS and not (role and role[0].lower().startswith(("init", "header"))):
        name = _COUNT.sub("", name)
    return name.strip("-_.").lower() or "track"


def stream_key(authorization: str, target: str) -> str:
    """The stream key a request brings: Bearer, the password (or name) of Basic, or `?key=`; empty where none."""
    scheme, _, credentials = authorization.strip().partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() == "basic":
        try:
            name, _, password = (
                base64.b64decode(credentials.strip(), validate=True).decode("utf-8").partition(":")
            )
        except (binascii.Error, UnicodeDecodeError):
            return ""
        return password or name
    query = target.partition("?")[2]
    if not query or query.count("&") >= 16:
        return ""
    return parse_qs(query, max_num_fields=16).get("key", [""])[0]
