"""What a running broadcast answers about its past: the DVR playlists, and media that has left the live window.

In: parsed requests. Out: responses read from the manifest and its reels. The live playlist stays short, so that joining and
reloading stay cheap whatever the DVR window; a player that seeks further back plays `dvr.m3u8`, which lists whole segments only.
"""

from collections.abc import Callable
from zlib import crc32

from tidegate.core.delivery import LiveResponse
from tidegate.media.origin import archived, playlist, responses
from tidegate.media.origin.broadcast import Broadcast
from tidegate.media.origin.keys import media_key
from tidegate.media.origin.manifest import Manifest
from tidegate.media.origin.reader import ManifestReader
from tidegate.media.origin.requests import Request
from tidegate.objects.abc import Objects
from tidegate.objects.errors import ObjectNotFoundError, ObjectsError

MAX_AGE_S = 1.0
"""How long a DVR playlist may be repeated: the shortest segment."""


class Past:
    def __init__(
        self, broadcast: Broadcast, objects: Objects, reader: ManifestReader, dvr_s: Callable[[], float]
    ) -> None:
        self._broadcast = broadcast
        self._objects = objects
        self._reader = reader
        self._dvr_s = dvr_s

    async def get(self, request: Request, if_none_match: bytes) -> LiveResponse:
        """A DVR playlist."""
        manifest = await self._manifest()
        if isinstance(manifest, LiveResponse):
            return manifest
        if request.resource == "dvr-multivariant":
            text = playlist.multivariant(archived.renditions(manifest), "dvr.m3u8")
        else:
            text = self._media_playlist(manifest, request)
        if not manifest.played or not text:
            return responses.away("There is nothing to go back to yet.")
        body = text.encode()
        etag = f'"{crc32(body):x}-{len(body):x}"'.encode()
        if responses.matches(if_none_match, etag):
            return responses.not_modified(etag)
        return responses.brief_playlist(body, etag, MAX_AGE_S)

    def _media_playlist(self, manifest: Manifest, request: Request) -> str:
        index = manifest.played.get(request.track)
        if index is None:
            return ""
        ended = self._broadcast.ended and manifest.ended_at is not None
        begin_s = index.runs[-1].wall_s + index.runs[-1].duration_s - self._dvr_s()
        return archived.media_playlist(
            index,
            self._broadcast.config.target_s,
            "sliding",
            first_msn=index.since(begin_s),
            skip=request.directives.skip and not ended,
            ended=ended,
        )

    async def media(self, request: Request) -> LiveResponse:
        """A header or a segment that the live window no longer has."""
        manifest = await self._manifest()
        if isinstance(manifest, LiveResponse):
            return manifest
        if request.resource == "init":
            return init_media(manifest, request.track, request.file)
        return await segment_media(self._objects, manifest, request.track, request.session, request.number)

    async def _manifest(self) -> Manifest | LiveResponse:
        try:
            return await self._reader.read(self._broadcast.channel, self._broadcast.id)
        except ObjectNotFoundError:
            return responses.away("There is nothing to go back to yet.")
        except ObjectsError as error:
            return responses.away(error.message)


def init_media(manifest: Manifest, track: str, file: str) -> LiveResponse:
    """A header by its name in playlists."""
    index = manifest.tracks.get(track)
    header = index.inits.get(file) if index is not None else None
    return responses.media(header.kind, header.init) if header is not None else responses.gone()


async def segment_media(
    objects: Objects, manifest: Manifest, track: str, session: str, msn: int
) -> LiveResponse:
    """A segment from its reel."""
    head, index, place = manifest.head, manifest.tracks.get(track), manifest.find(track, session, msn)
    if head is None or index is None or index.track is None or place is None:
        return responses.gone()
    key = media_key(head.channel, head.broadcast, track, place.reel)
    try:
        data = await objects.get(key, offset=place.offset, length=place.size)
    except ObjectNotFoundError:
        return responses.gone()
    except ObjectsError as error:
        return responses.away(error.message)
    return responses.media(index.track.kind, data) if len(data) == place.size else responses.gone()
