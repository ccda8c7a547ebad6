"""Answers requests from a broadcast's windows: at once where what is asked for exists, later where it is due.

In: parsed requests. Out: responses, or futures of them. A playlist version is rendered once and its response object
shared by everyone who asks for it; segments that left memory are read from the object store.
"""

from collections.abc import Awaitable, Callable
from math import ceil
from zlib import crc32

from tidegate.core.delivery import LiveResponse
from tidegate.core.errors import InvalidError, NotFoundError
from tidegate.media.origin import playlist, responses
from tidegate.media.origin.broadcast import Broadcast
from tidegate.media.origin.keys import media_key
from tidegate.media.origin.metrics import ServingCounters
from tidegate.media.origin.past import Past
from tidegate.media.origin.playlist import Rendition
from tidegate.media.origin.reader import ManifestReader
from tidegate.media.origin.requests import Directives, Request
from tidegate.media.origin.waiting import Answer, Waiters
from tidegate.media.origin.window import Segment, TrackWindow
from tidegate.objects.abc import Objects
from tidegate.objects.errors import ObjectNotFoundError, ObjectsError

MSN_AHEAD_MAX = 2
"""How far beyond the last segment a request may look (RFC 8216bis 6.2.5.2)."""

Reply = LiveResponse | Awaitable[LiveResponse]


class _Version:
    """One version of one playlist, in the forms that have been asked for, by whether they are delta updates."""

    __slots__ = ("blocking", "number", "plain")

    def __init__(self, number: tuple[int, int]) -> None:
        self.number = number
        self.plain: dict[bool, LiveResponse] = {}
        self.blocking: dict[bool, LiveResponse] = {}


class Serving:
    """What one broadcast answers. `boot` and the broadcast's id make entity tags differ from those of this process's earlier
    lives and of the channel's earlier broadcasts.
    """

    def __init__(
        self,
        broadcast: Broadcast,
        objects: Objects,
        boot: str,
        counters: ServingCounters,
        reader: ManifestReader | None,
        dvr_s: Callable[[], float],
    ) -> None:
        self._broadcast = broadcast
        self._objects = objects
        self._boot = f"{boot}-{broadcast.id.rpartition('_')[2]}"
        self._counters = counters
        self._past = Past(broadcast, objects, reader, dvr_s) if reader is not None else None
        self._versions: dict[str, _Version] = {}

    def get(self, request: Request, if_none_match: bytes) -> Reply:
        """Answer a request for this channel."""
        broadcast = self._broadcast
        if broadcast.state == "starting":
            return self._wait(broadcast.waiters, lambda: self._started(request), _not_begun)
        if request.resource == "multivariant":
            return self._multivariant(if_none_match)
        if request.resource in ("dvr", "dvr-multivariant"):
            return self._past.get(request, if_none_match) if self._past is not None else _no_past()
        window = broadcast.windows.get(request.track)
        if window is None:
            return responses.refusal(NotFoundError(f"This stream has no track {request.track!r}."))
        if request.resource == "playlist":
            return self._playlist(window, request.directives, if_none_match)
        return self._media(window, request)

    def _media(self, window: TrackWindow, request: Request) -> Reply:
        if request.resource == "part":
            return self._part(window, request)
        if request.resource == "seg":
            return self._segment(window, request)
        init = window.inits.get(request.file)
        return responses.media(window.track.kind, init) if init is not None else self._from_past(request)

    def _from_past(self, request: Request) -> Reply:
        return self._past.media(request) if self._past is not None else responses.gone()

    def _started(self, request: Request) -> LiveResponse | None:
        if self._broadcast.state == "starting":
            return None
        answer = self.get(request, b"")
        return answer if isinstance(answer, LiveResponse) else _not_begun()

    def _wait(self, waiters: Waiters, answer: Answer, late: Callable[[], LiveResponse]) -> Reply:
        broadcast = self._broadcast
        if not broadcast.room():
            self._counters.refused_waiters += 1
            return responses.away("Too many requests wait for this stream.")
        self._counters.waited += 1
        return waiters.add(answer, late, broadcast.clock.monotonic() + broadcast.config.hold_s)

    def _multivariant(self, if_none_match: bytes) -> LiveResponse:
        broadcast = self._broadcast
        renditions = [Rendition(window.track, *window.bitrates()) for window in broadcast.listed]
        if not renditions:
            return responses.gone()
        body = playlist.multivariant(renditions, audio_only=broadcast.rungs.audio_only).encode()
        etag = f'"{self._boot}-{crc32(body):x}"'.encode()
        if responses.matches(if_none_match, etag):
            return responses.not_modified(etag)
        return responses.playlist(body, etag)

    def _playlist(self, window: TrackWindow, directives: Directives, if_none_match: bytes) -> Reply:
        broadcast, msn, part = self._broadcast, directives.msn, directives.part
        skip = directives.skip and not broadcast.ended
        if not window.segments and window.open is None:
            return self._wait(
                window.waiters,
                lambda: self._current(window, skip=skip) if window.segments or window.open else None,
                _not_begun,
            )
        if msn is None or broadcast.ended:
            return self._current(window, skip=skip, if_none_match=if_none_match)
        refusal = _too_far(window, msn, part)
        if refusal is not None:
            return responses.refusal(refusal)
        if window.has(msn, part):
            return self._blocking(window, skip=skip)

        def answer() -> LiveResponse | None:
            if broadcast.ended:
                return self._current(window, skip=False)
            return self._blocking(window, skip=skip) if window.has(msn, part) else None

        return self._wait(window.waiters, answer, lambda: self._late(window, skip=skip))

    def _late(self, window: TrackWindow, *, skip: bool) -> LiveResponse:
        """Held for long enough: while the publisher is away the playlist as it stands keeps players in the stream."""
        if self._broadcast.state == "live":
            self._counters.late += 1
            return responses.away("The next part is late.")
        return self._current(window, skip=skip)

    def _current(self, window: TrackWindow, *, skip: bool, if_none_match: bytes = b"") -> LiveResponse:
        version = self._version(window)
        response = version.plain.get(skip)
        if response is None:
            number = f"{version.number[0]:x}.{version.number[1]:x}{'d' if skip else ''}"
            etag = f'"{self._boot}-{window.track.name}-{number}"'.encode()
            shared = version.blocking.get(skip)
            body = shared.body if shared is not None else self._render(window, skip=skip)
            response = version.plain[skip] = responses.playlist(body, etag)
        if responses.matches(if_none_match, response.etag):
            return responses.not_modified(response.etag)
        return response

    def _blocking(self, window: TrackWindow, *, skip: bool) -> LiveResponse:
        version = self._version(window)
        response = version.blocking.get(skip)
        if response is None:
            shared = version.plain.get(skip)
            body = shared.body if shared is not None else self._render(window, skip=skip)
            response = version.blocking[skip] = responses.blocking_playlist(body)
        return response

    def _version(self, window: TrackWindow) -> _Version:
        number = (window.version, self._broadcast.version)
        version = self._versions.get(window.track.name)
        if version is None or version.number != number:
            version = self._versions[window.track.name] = _Version(number)
        return version

    def _render(self, window: TrackWindow, *, skip: bool) -> bytes:
        broadcast = self._broadcast
        self._counters.rendered += 1
        if broadcast.ended:
            tail, hint = playlist.END_LINE, False
        else:
            others = [other for other in broadcast.listed if other is not window]
            tail = "".join([playlist.report_line(other.track.name, *other.last) for other in others])
            hint = broadcast.source is not None and window.session == broadcast.source.short
        return window.text(broadcast.head, tail, broadcast.discontinuity_base, skip=skip, hint=hint).encode()

    def _part(self, window: TrackWindow, request: Request) -> Reply:
        session, number = request.session, request.number
        response = window.part(session, number)
        if response is not None:
            return response
        found = window.find_part(session, number)
        if found is not None:
            segment, index = found
            return self._read(window, segment, sum(segment.sizes[:index]), segment.sizes[index])
        if not self._hinted(window, session) or number != window.next_part:
            return responses.gone()

        def answer() -> LiveResponse | None:
            return window.part(session, number) or (
                None if self._hinted(window, session) else responses.gone()
            )

        return self._wait(window.waiters, answer, lambda: responses.away("The next part is late."))

    def _hinted(self, window: TrackWindow, session: str) -> bool:
        """Whether the next part of `session` is still to be expected."""
        running = self._broadcast.source
        return running is not None and running.short == session == window.session

    def _segment(self, window: TrackWindow, request: Request) -> Reply:
        segment = window.find(request.session, request.number)
        if segment is None:
            return self._from_past(request)
        if segment.parts is not None:
            return responses.media(window.track.kind, b"".join(segment.parts))
        return self._read(window, segment, 0, segment.size)

    async def _read(self, window: TrackWindow, segment: Segment, start: int, length: int) -> LiveResponse:
        """`length` bytes from `start` on of a segment that is no longer in memory."""
        if not segment.stored:
            return responses.gone()
        try:
            broadcast = self._broadcast
            key = media_key(broadcast.channel, broadcast.id, window.track.name, segment.reel)
            data = await self._objects.get(key, offset=segment.offset + start, length=length)
        except ObjectNotFoundError:
            return responses.gone()
        except ObjectsError as error:
            return responses.away(error.message)
        if len(data) != length:
            return responses.gone()
        return responses.media(window.track.kind, data, segment.msn)


def _too_far(window: TrackWindow, msn: int, part: int | None) -> InvalidError | None:
    """The refusal for a request that no playlist is about to fulfil (6.2.5.2)."""
    last_msn, last_part = window.last
    if msn > last_msn + MSN_AHEAD_MAX:
        return InvalidError(
            f"_HLS_msn={msn} is more than {MSN_AHEAD_MAX} beyond the last segment, {last_msn}.",
            hint="Reload the playlist without directives.",
        )
    part_target_s = window.track.part_target_s
    ahead_max = ceil(3 / part_target_s) if 0 < part_target_s < 1 else 3
    if part is not None and msn >= last_msn and part > ahead_max + (last_part if msn == last_msn else 0):
        return InvalidError(
            f"_HLS_part={part} is more than any segment holds here.",
            hint="Reload the playlist without directives.",
        )
    return None


def _no_past() -> LiveResponse:
    return responses.refusal(
        NotFoundError(
            "Nobody can go back in this stream.",
            hint="Set dvr.window_s above the live window, or recording.enabled.",
        )
    )


def _not_begun() -> LiveResponse:
    return responses.away("The stream has not begun yet.")
