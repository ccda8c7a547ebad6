"""One track of one viewer: follows a media playlist at the live edge and fetches what it lists.

Implements the client's side of low-latency delivery, RFC 8216bis sections 6.2.5 (directives), 6.3.4 (reloading) and
6.3.8 (low latency): blocking reloads, delta updates, and the hinted part asked for before it exists.
"""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

from tidegate.core.backoff import Backoff
from tidegate.core.clock import Clock
from tidegate.media.player.address import Address, resolve, with_query
from tidegate.media.player.buffer import TrackBuffer
from tidegate.media.player.continuity import Continuity
from tidegate.media.player.cursor import (
    Piece,
    Position,
    hinted,
    hold_back_s,
    live_start,
    normal,
    pieces_from,
    resume_at,
)
from tidegate.media.player.decryption import DecryptionError, decrypted
from tidegate.media.player.exchange import Response
from tidegate.media.player.http import Ahead, HttpClient
from tidegate.media.player.memo import PlaylistMemo
from tidegate.media.player.playback import Playback
from tidegate.media.player.playlist import MediaPlaylist, PlaylistError, Resource
from tidegate.media.player.tally import Tally, Timings
from tidegate.media.player.types import Place, RequestError, Witness

RETRY_FIRST_S = 0.2
RETRY_MOST_S = 0.4
"""As the watch page does: who holds a second of media cannot wait longer for a server that is started again."""

STALE_S = 6.0
"""A playlist that ends before what was played is an old copy, as caches serve while their origin is away (RFC 8216bis
6.3.4); one that still does after so long is a stream that has begun anew."""

FAR_BEHIND_S = 5.0
"""More media than this to catch up with, beyond the hold-back: go to the live edge instead of loading it all."""

_OK = frozenset({200, 206})
_GONE = frozenset({404, 410})


class Track:
    """Runs until its playlist ends or it is cancelled; a server that is away is asked again and again."""

    def __init__(
        self,
        name: str,
        address: Address,
        *,
        client: HttpClient,
        memo: PlaylistMemo,
        playback: Playback,
        tally: Tally,
        timings: Timings | None,
        clock: Clock,
        chance: Random,
        check_media: bool,
        on_piece: Callable[[Piece, Response], None],
        witness: Witness | None = None,
    ) -> None:
        self.name = name
        self._address = address
        self._client = client
        self._memo = memo
        self._playback = playback
        self._tally = tally
        self._timings = timings
        self._clock = clock
        self._backoff = Backoff(RETRY_FIRST_S, RETRY_MOST_S, chance)
        self._continuity = Continuity() if check_media else None
        self._on_piece = on_piece
        self._witness = witness
        self._why = ""
        self._older_since: float | None = None
        self._buffer: TrackBuffer = playback.add_track()
        self._position: Position | None = None
        self._start_into_s: float | None = 0.0
        self._start_ahead_s = 0.0
        self._end_s: float | None = None
        self._end_pdt: float | None = None
        self._discontinuity: int | None = None
        self._init: Resource | None = None
        self._key_uri, self._key = "", b""
        self._switch: Address | None = None
        self._task: asyncio.Task[None] | None = None
        self._interrupted = False
        self.owed_s = 0.0
        """Seconds of media that are listed and on their way, 0: none; and since when, monotonic."""
        self.owed_since_s = 0.0
        self.low_latency = False

    def switch(self, address: Address) -> None:
        """Go on with another rendition of the same media from the next part on."""
        self._switch = address

    def switch_at_once(self, address: Address) -> None:
        """The same, giving up what is on its way."""
        self._switch = address
        if self._task is not None:
            self._interrupted = True
            self._task.cancel()

    def _switching(self) -> bool:
        return self._switch is not None

    async def run(self) -> None:
        self._task = task = asyncio.current_task()
        while not self._buffer.complete:
            try:
                await self._follow()
            except asyncio.CancelledError:
                interrupted, self._interrupted = self._interrupted, False
                if not interrupted or task is None or task.uncancel():
                    raise
            except (RequestError, PlaylistError) as error:
                self._tally.failed(error)
                await asyncio.sleep(self._backoff.next_s())

    async def _follow(self) -> None:
        if self._switch is not None:
            self._address, self._switch, self._init = self._switch, None, None
            self._why = "switch"
            playlist = await self._load(self._address, None)
            self._position = resume_at(playlist, self._end_pdt or 0.0) or self._position
        else:
            playlist = await self._load(self._address, None)
        position = self._place(playlist)
        while not self._switching():
            for piece in pieces_from(playlist, position):
                await self._take(piece)
                position = piece.next
                if self._switching():
                    return
            self._position = position = normal(playlist, position)
            self._backoff.reset()
            if playlist.ended:
                self._buffer.complete = True
                return
            playlist = await self._advance(playlist, position)
            position = self._place(playlist)

    def _place(self, playlist: MediaPlaylist) -> Position:
        """Where to go on in this playlist: where we were, unless that is not there any more or far behind."""
        self.low_latency = playlist.part_target_s > 0
        if self._position is None:
            self._position, self._start_into_s = live_start(playlist)
            if (
                self._start_into_s < 0
            ):  # the broadcast has just begun: let as much come in as a player stays behind
                self._start_ahead_s = hold_back_s(playlist) - playlist.part_target_s
            return self._position
        position = self._position = normal(playlist, self._position)
        if position == playlist.next_part:
            return position
        slid_out = position.msn < playlist.media_sequence
        started_anew = self._has_started_anew(playlist, position)
        pending_s = sum(piece.duration_s for piece in pieces_from(playlist, position))
        far = not playlist.ended and pending_s > hold_back_s(playlist) + max(
            FAR_BEHIND_S, playlist.target_duration_s
        )
        if slid_out or started_anew or far:
            self._tally.skips += 1
            self._why = "seek"
            if slid_out:
                self._tally.gaps += playlist.media_sequence - position.msn
            self._position, _ = live_start(playlist)
            if self._continuity is not None:
                self._continuity.forget()
        return self._position

    def _has_started_anew(self, playlist: MediaPlaylist, position: Position) -> bool:
        """Whether the stream's numbers have gone back for good.

        Raises:
            RequestError: they have gone back, but not for long: what came is most likely an old copy.
        """
        if position.msn <= playlist.next_part[0] + 1:
            self._older_since = None
            return False
        now = self._clock.monotonic()
        self._older_since = since = now if self._older_since is None else self._older_since
        if now - since < STALE_S:
            raise RequestError(
                f"The playlist {self._address.target.partition('?')[0]} is older than the one before it."
            )
        self._older_since = None
        return True

    async def _advance(self, playlist: MediaPlaylist, position: Position) -> MediaPlaylist:
        """The next playlist; a hinted part is asked for together with it, before it exists."""
        hint = hinted(playlist, position)
        if hint is None or not playlist.can_block_reload:
            return await self._reload(playlist)
        ahead = self._client.ahead(
            resolve(self._address, hint.uri), keep=self._keeps, first_byte=hint.offset, length=hint.length
        )
        try:
            newer = await self._reload(playlist, ahead)
            pieces = pieces_from(newer, position, parts_first=True)
            if pieces and pieces[0].resource.uri == hint.uri and not pieces[0].lost:
                arriving = self._client.arrived(ahead, first_byte=hint.offset, length=hint.length)
                response = await self._owed(pieces[0], arriving)
                if response.status in _OK and await self._initialized(pieces[0]):
                    if self._timings is not None:
                        self._timings.part(self.name, pieces[0], response.at)
                    self._accept(pieces[0], response, await self._clear(pieces[0], response))
            return newer
        finally:
            ahead.drop()

    async def _reload(self, playlist: MediaPlaylist, ahead: Ahead | None = None) -> MediaPlaylist:
        asked_at = self._clock.monotonic()
        if playlist.can_block_reload:
            newer = await self._load_blocking(playlist, ahead)
            pause_s = playlist.part_target_s or playlist.target_duration_s / 2
        else:
            pause_s = playlist.target_duration_s / 2 or 1.0
            await asyncio.sleep(pause_s)
            newer = await self._load(self._address, None)
            pause_s = 0.0
        if newer.next_part == playlist.next_part and not newer.ended:
            # a server that answers at once with nothing new must not be asked in a tight loop
            await asyncio.sleep(max(0.0, pause_s - (self._clock.monotonic() - asked_at)))
        return newer

    async def _load_blocking(self, playlist: MediaPlaylist, ahead: Ahead | None) -> MediaPlaylist:
        msn, part = playlist.next_part
        query = f"_HLS_msn={msn}" + (f"&_HLS_part={part}" if playlist.part_target_s else "")
        if playlist.skip_until_s:
            query += "&_HLS_skip=YES"
        try:
            newer = await self._load(with_query(self._address, query), playlist, ahead)
        except PlaylistError as error:
            self._tally.failed(error)
            newer = await self._load(self._address, None)
        if self._timings is not None and newer.next_part != playlist.next_part:
            end = newer.end_pdt
            age_s = None if end is None else self._clock.wall() - end
            self._timings.playlist(self.name, Position(*newer.next_part), self._clock.monotonic(), age_s)
        return newer

    async def _load(
        self, address: Address, base: MediaPlaylist | None, ahead: Ahead | None = None
    ) -> MediaPlaylist:
        response = await self._client.get(address, ahead=ahead)
        if response.status not in _OK:
            raise refused(response, "playlist")
        return self._memo.parse(response.body, base)

    async def _take(self, piece: Piece) -> None:
        if piece.lost:
            self._lose(piece)
            return
        if not await self._initialized(piece):
            return
        response = await self._owed(piece, self._fetch(piece.resource))
        if response.status in _OK:
            self._accept(piece, response, await self._clear(piece, response))
        elif response.status in _GONE:
            self._tally.failed(refused(response, "part"))
            self._lose(piece)
        else:
            raise refused(response, "part")

    async def _initialized(self, piece: Piece) -> bool:
        """Have the initialization section that `piece` needs; True once it is there.

        Raises:
            RequestError: it cannot be had now.
        """
        if piece.init is not None and piece.init != self._init:
            response = await self._fetch(piece.init)
            if response.status not in _OK:
                raise refused(response, "initialization section")
            self._init = piece.init
            if self._continuity is not None:
                self._continuity.header(response.body)
            if self._witness is not None:
                self._witness.header(response.body)
        return True

    async def _clear(self, piece: Piece, response: Response) -> bytes:
        """The media in `response`, decrypted where the playlist says how; fetches a new key as any player must.

        Raises:
            RequestError: the key cannot be had now.
        """
        if piece.key is None:
            return response.body
        if piece.key.uri != self._key_uri:
            answer = await self._client.get(resolve(self._address, piece.key.uri), keep=True)
            if answer.status not in _OK:
                raise refused(answer, "key")
            self._key_uri, self._key = piece.key.uri, answer.body
        if not response.body:  # not kept, since nobody looks into it
            return b""
        try:
            return decrypted(response.body, self._key, piece.key.vector, piece.msn)
        except DecryptionError as error:
            raise RequestError(f"A part cannot be decrypted: {error}.") from None

    async def _owed(self, piece: Piece, coming: Awaitable[Response]) -> Response:
        """Wait for a piece that is listed: from here on it is the network's time."""
        self.owed_since_s, self.owed_s = self._clock.monotonic(), piece.duration_s
        try:
            return await coming
        finally:
            self.owed_s = 0.0

    @property
    def _keeps(self) -> bool:
        """Whether anybody looks into media."""
        return self._continuity is not None or self._witness is not None

    async def _fetch(self, resource: Resource) -> Response:
        return await self._client.get(
            resolve(self._address, resource.uri),
            keep=self._keeps,
            first_byte=resource.offset,
            length=resource.length,
        )

    def _lose(self, piece: Piece) -> None:
        self._tally.gaps += 1
        self._why = "gap"
        self._position = piece.next
        if self._continuity is not None:
            self._continuity.forget()

    def _accept(self, piece: Piece, response: Response, media: bytes) -> None:
        self._tally.parts += 1
        now = self._clock.monotonic()
        self._playback.before_media(now, self._clock.wall())
        changed = self._discontinuity is not None and piece.discontinuity != self._discontinuity
        self._discontinuity = piece.discontinuity
        if self._continuity is not None:
            self._tally.breaks += self._continuity.fragment(media, anew=changed)
        if self._witness is not None:
            self._witness.media(media, Place(piece.msn, piece.part, piece.discontinuity, self._why))
        self._why = ""
        start_s = self._playback.timeline.place(piece.discontinuity, piece.pdt, self._end_s)
        if self._start_into_s is not None:
            self._playback.want(start_s + max(0.0, self._start_into_s), self._start_ahead_s)
            self._start_into_s = None
        self._end_s = start_s + piece.duration_s
        self._end_pdt = None if piece.pdt is None else piece.pdt + piece.duration_s
        self._buffer.append(start_s, self._end_s)
        self._playback.fed(now)
        self._position = piece.next
        if changed and self.name == "video":
            self._tally.discontinuities += 1
        self._on_piece(piece, response)


def refused(response: Response, what: str) -> RequestError:
    """The error for an answer that is not what was asked for."""
    return RequestError(
        f"The server answers {response.status} for the {what} {response.address.target.partition('?')[0]}.",
        status=response.status,
    )
