"""Answers below `/vod/`: a recording's playlists, headers and segments, while it grows and after.

In: targets such as `demo/rec_local_7m2k9x4c1t8v/index.m3u8`. Out: responses made of manifest and reels alone, so playing needs no
database. A growing recording is an EVENT playlist, a whole one VOD (RFC 8216bis 4.4.3.5); media never changes.
"""

import re
from zlib import crc32

from tidegate.core.delivery import LiveResponse
from tidegate.core.errors import NotFoundError
from tidegate.media.origin import archived, playlist, responses
from tidegate.media.origin.keys import broadcast_prefix
from tidegate.media.origin.manifest import Manifest
from tidegate.media.origin.past import init_media, segment_media
from tidegate.media.origin.reader import ManifestReader
from tidegate.media.recordings.pictures import Pictures
from tidegate.media.recordings.types import RecordingNotFoundError, broadcast_of
from tidegate.objects.abc import Objects
from tidegate.objects.errors import ObjectNotFoundError, ObjectsError

EVENT_MAX_AGE_S = 2.0
VOD_MAX_AGE_S = 30.0
"""How long caches may repeat a playlist: one that grows, and one that does not but may be removed."""

PICTURE_MAX_AGE_S = 60.0

_PATH = re.compile(
    r"(?P<channel>[a-z0-9][a-z0-9_-]{0,62})/(?P<id>rec_[a-z0-9-]{1,31}_[0-9a-z]{4,40})/"
    r"(?:(?P<picture>poster\.jpg|storyboard\.(?:jpg|vtt))|(?:(?P<track>[a-z0-9][a-z0-9_-]{0,62})/)?"
    r"(?:(?P<playlist>index\.m3u8)|(?P<kind>init|seg)-(?P<session>[0-9a-z]{1,40})-(?P<number>[0-9]{1,15})\.(?P<ext>mp4|m4s)))\Z"
)


class VodSource:
    """A `LiveSource` of recordings: `get` takes what follows `/vod/`."""

    def __init__(self, objects: Objects, reader: ManifestReader, pictures: Pictures) -> None:
        self._pictures = pictures
        self._objects = objects
        self._reader = reader

    async def get(self, target: str, if_none_match: bytes = b"") -> LiveResponse:
        path, _, query = target.partition("?")
        match = _PATH.match(path)
        if match is None or (match["kind"] and not match["track"]):
            return _nothing()
        if match["picture"]:
            return await self._picture(match["channel"], match["id"], match["picture"])
        try:
            manifest = await self._manifest(match["channel"], match["id"])
        except (RecordingNotFoundError, ObjectNotFoundError):
            return _nothing()
        except ObjectsError as error:
            return responses.away(error.message)
        if match["playlist"]:
            return _playlist(manifest, match["track"] or "", "_HLS_skip=" in query, if_none_match)
        return await self._media(manifest, match)

    async def _media(self, manifest: Manifest, match: re.Match[str]) -> LiveResponse:
        number = int(match["number"])
        if match["kind"] == "init":
            return init_media(manifest, match["track"], f"init-{match['session']}-{number}.mp4")
        return await segment_media(self._objects, manifest, match["track"], match["session"], number)

    async def _picture(self, channel: str, recording: str, file: str) -> LiveResponse:
        """A picture as it was drawn last; it is drawn, or drawn anew, for whoever asks next."""
        try:
            manifest = await self._manifest(channel, recording)
            broadcast = broadcast_of(recording)
            if manifest.ended_at is None:
                self._pictures.want(channel, broadcast)
            data = await self._objects.get(f"{broadcast_prefix(channel, broadcast)}/{file}")
        except RecordingNotFoundError:
            return _nothing()
        except ObjectNotFoundError:
            self._pictures.want(channel, broadcast_of(recording))
            return responses.refusal(
                NotFoundError("This picture is not drawn yet.", hint="Ask again in a minute.")
            )
        except ObjectsError as error:
            return responses.away(error.message)
        return responses.picture(data, PICTURE_MAX_AGE_S, track=file.endswith(".vtt"))

    async def _manifest(self, channel: str, recording: str) -> Manifest:
        manifest = await self._reader.read(channel, broadcast_of(recording))
        if manifest.head is None or not manifest.head.recorded or not manifest.played:
            raise RecordingNotFoundError(recording)
        return manifest


def _playlist(manifest: Manifest, track: str, skip: bool, if_none_match: bytes) -> LiveResponse:
    ended = manifest.ended_at is not None
    if not track:
        text = playlist.multivariant(archived.renditions(manifest))
    else:
        index = manifest.played.get(track)
        if index is None or manifest.head is None:
            return _nothing()
        kind: archived.Kind = "vod" if ended else "event"
        text = archived.media_playlist(index, manifest.head.target_s, kind, skip=skip)
    body = text.encode()
    etag = f'"{crc32(body):x}-{len(body):x}"'.encode()
    if responses.matches(if_none_match, etag):
        return responses.not_modified(etag)
    return responses.brief_playlist(body, etag, VOD_MAX_AGE_S if ended else EVENT_MAX_AGE_S)


def _nothing() -> LiveResponse:
    return responses.refusal(
        NotFoundError("There is no such recording, or no longer.", hint="Look at the channel's recordings.")
    )
