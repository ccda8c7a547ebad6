"""One viewer: reads the multivariant playlist, follows a video and an audio track, plays them, switches renditions.

Flows in: an address and time. Flows out: a `WatchReport`, at any moment.
"""

import asyncio
import ssl
from collections.abc import Callable
from random import Random
from uuid import UUID

from tidegate import __version__
from tidegate.core.backoff import Backoff
from tidegate.core.clock import Clock
from tidegate.core.errors import TidegateError
from tidegate.media.player.abr import RenditionChoice
from tidegate.media.player.address import Address, resolve
from tidegate.media.player.cursor import Piece
from tidegate.media.player.exchange import Link, Response
from tidegate.media.player.http import HttpClient
from tidegate.media.player.memo import PlaylistMemo
from tidegate.media.player.multivariant import Multivariant, Variant, is_multivariant, parse_multivariant
from tidegate.media.player.playback import Playback
from tidegate.media.player.playlist import PlaylistError
from tidegate.media.player.rate import RateController, RateLimits
from tidegate.media.player.reporter import BeaconSender, Reporter, Snapshot
from tidegate.media.player.tally import Tally, Timings
from tidegate.media.player.throughput import Throughput
from tidegate.media.player.track import RETRY_FIRST_S, RETRY_MOST_S, Track, refused
from tidegate.media.player.types import OfflineError, PlayerOptions, RequestError, WatchReport, Witness

TICK_LATE_S = 0.25
"""A tick later than that after the one before: this machine was held up, and what is late is not the network's doing."""

OFFLINE_HINT = (
    "Check the address, and that a publisher is live on this channel; `tidegate status` lists the streams."
)


class Viewer:
    """Plays until the stream ends or it is cancelled; `report` may be asked for at any time."""

    def __init__(
        self,
        address: Address,
        options: PlayerOptions,
        clock: Clock,
        chance: Random,
        *,
        memo: PlaylistMemo,
        timings: Timings | None,
        tls: Callable[[], ssl.SSLContext],
        witness: Witness | None = None,
        reports: BeaconSender | None = None,
        link: Link | None = None,
    ) -> None:
        self._address = address
        self._options = options
        self._clock = clock
        self._chance = chance
        self._memo = memo
        self._timings = timings
        self._witness = witness
        self._began_s = clock.monotonic()
        session = UUID(int=chance.getrandbits(128), version=4)
        self.client = HttpClient(
            clock.monotonic,
            {
                "User-Agent": f"{options.user_agent} tidegate-player/{__version__}".lstrip(),
                "Accept": "*/*",
                "CMCD-Session": f'sid="{session}",sf=h,st=l',
            },
            timeout_s=options.request_timeout_s,
            tls=tls,
            link=link,
            loopback_only=options.loopback_only,
            pipelining=options.pipelining,
        )
        self.playback = Playback(self._began_s, RateController(RateLimits(target_s=options.target_latency_s)))
        self.tally = Tally()
        self._throughput = Throughput()
        self._media_bytes = 0
        self._variants: tuple[Variant, ...] = ()
        self._choice: RenditionChoice | None = None
        self._ticked_s = self._began_s
        self._switches = 0
        self._tracks: list[Track] = []
        self._first_media = asyncio.Event()
        self._reporter = (
            Reporter(reports, str(session), options.reports, clock)
            if reports is not None and options.reports is not None
            else None
        )

    async def run(self) -> None:
        """Play to the end of the stream.

        Raises:
            OfflineError: nothing came for `patience_s`.
            PlayerError: what is there cannot be played.
        """
        try:
            async with asyncio.timeout(self._options.patience_s):
                found = await self._first_playlist()
                tasks = self._start(found)
                try:
                    await self._first_media.wait()
                except asyncio.CancelledError:
                    await _cancelled(tasks)
                    raise
        except TimeoutError:
            raise self.offline() from None
        try:
            await asyncio.gather(*tasks)
            while self.playback.state not in {"ended", "joining"}:
                await asyncio.sleep(self._options.tick_s)
                self.tick()
        finally:
            await _cancelled(tasks)

    def tick(self) -> None:
        """Move the playhead to now; to be called every `tick_s` or so, because the rate is decided here."""
        now_s = self._clock.monotonic()
        self.playback.advance(now_s, self._clock.wall())
        if self._choice is not None and self._choice.current:
            self._give_up_what_is_slow(now_s)
        self._ticked_s = now_s
        if self._reporter is not None:
            self._reporter.look(self.playback.state, now_s, self._snapshot)

    async def _first_playlist(self) -> Multivariant | None:
        """The multivariant playlist, None where the address is a media playlist itself."""
        backoff = Backoff(RETRY_FIRST_S, RETRY_MOST_S, self._chance)
        while True:
            try:
                response = await self.client.get(self._address)
                if response.status == 200:
                    self._address = response.address
                    if self._reporter is not None:
                        self._reporter.found(response.address)
                    text = response.body.decode("utf-8", "replace")
                    if not text.lstrip("\ufeff").startswith("#EXTM3U"):
                        raise PlaylistError(
                            f"{self._address.text} answers, but not with an HLS playlist.",
                            hint="Use the address that ends in .m3u8.",
                        )
                    return parse_multivariant(text) if is_multivariant(text) else None
                raise refused(response, "playlist")
            except RequestError as error:
                self.tally.failed(error)
                await asyncio.sleep(backoff.next_s())

    def _start(self, found: Multivariant | None) -> list[asyncio.Task[None]]:
        addresses = {"video": self._address}
        if found is not None:
            self._variants = found.up_to(self._options.height_max)
            bandwidths = [variant.bandwidth_bps for variant in self._variants]
            self._choice = RenditionChoice(bandwidths, self._clock.monotonic())
            variant = self._variants[self._choice.current]
            addresses["video"] = resolve(self._address, variant.uri)
            audio = found.audio_of(variant)
            if audio is not None and audio.uri != variant.uri:
                addresses["audio"] = resolve(self._address, audio.uri)
        self._tracks = [self._track(name, address) for name, address in addresses.items()]
        return [asyncio.create_task(track.run(), name=f"player-{track.name}") for track in self._tracks]

    def _track(self, name: str, address: Address) -> Track:
        return Track(
            name,
            address,
            client=self.client,
            memo=self._memo,
            playback=self.playback,
            tally=self.tally,
            timings=self._timings,
            clock=self._clock,
            chance=self._chance,
            check_media=self._options.check_media,
            on_piece=self._on_video if name == "video" else self._on_media,
            witness=self._witness if name == "video" else None,
        )

    def _on_media(self, _piece: Piece, response: Response) -> None:
        self._first_media.set()
        self._media_bytes += response.size
        if self._reporter is not None:
            self._reporter.transfers.add(response.size, response.transfer_s)

    def _on_video(self, piece: Piece, response: Response) -> None:
        self._on_media(piece, response)
        if len(self._variants) < 2:
            return
        self._throughput.add(response.size, response.transfer_s)
        if self._choice is not None:
            was = self._choice.current
            now_s = self._clock.monotonic()
            if self._choice.decide(now_s, self._for_media_bps(now_s), self.playback.rebuffers) != was:
                self._switched(now_s)
                self._tracks[0].switch(self._chosen())

    def _give_up_what_is_slow(self, now_s: float) -> None:
        choice, video = self._choice, self._tracks[0]
        if choice is None or not video.owed_s or now_s - self._ticked_s > TICK_LATE_S:
            return
        waited_s = now_s - video.owed_since_s
        if not choice.gives_up(waited_s, video.owed_s):
            return
        bandwidth_bps = self._variants[choice.current].bandwidth_bps
        self._throughput.add_unfinished(round(bandwidth_bps * video.owed_s / 8), waited_s)
        choice.give_up(now_s, self._for_media_bps(now_s))
        self._switched(now_s)
        video.switch_at_once(self._chosen())

    def _for_media_bps(self, now_s: float) -> float:
        """What is left of the throughput: at the live edge playlists, asked for with each part, fill a thin line in part."""
        other_bps = (self.client.bytes - self._media_bytes) * 8 / max(1.0, now_s - self._began_s)
        return max(1.0, self._throughput.bps - other_bps) if self._throughput.bps else 0.0

    def _chosen(self) -> Address:
        assert self.rendition is not None  # noqa: S101 - who chooses has some to choose among
        return resolve(self._address, self.rendition.uri)

    def _switched(self, now_s: float) -> None:
        self._switches += 1
        if self._reporter is not None:
            self._reporter.switched(now_s, self._snapshot)

    def offline(self) -> TidegateError:
        """The error to end with where nothing ever came."""
        seen = self.tally.last_error or "It lists no media."
        return OfflineError(
            f"Nothing to play at {self._address.text} so far. {seen}",
            hint=OFFLINE_HINT,
        )

    def progress(self) -> str:
        """One line for people: what is going on now."""
        playback = self.playback
        latency_s = playback.latency_s(self._clock.wall())
        if playback.state == "joining":
            return self.tally.last_error or "joining …"
        shown = f"latency {latency_s:.2f} s, " if latency_s is not None else ""
        return (
            f"{playback.state}: {shown}{playback.buffered_s:.2f} s buffered, "
            f"{playback.rebuffers} rebuffers, {self.tally.parts} parts"
        )

    @property
    def rendition(self) -> Variant | None:
        """What it plays now, None before it is known, or where there is but one."""
        return self._variants[self._choice.current] if self._choice is not None else None

    @property
    def switches(self) -> int:
        """Changes of rendition so far."""
        return self._switches

    def report(self) -> WatchReport:
        """How it has gone so far."""
        self.tick()
        playback, tally = self.playback, self.tally
        return WatchReport(
            url=self._address.text,
            state=playback.state,
            duration_s=round(self._clock.monotonic() - self._began_s, 3),
            startup_s=round(playback.startup_s, 4),
            latency_s=playback.latency.percentiles(),
            rebuffers=playback.rebuffers,
            rebuffer_s=round(playback.rebuffer_s, 3),
            parts=tally.parts,
            gaps=tally.gaps,
            discontinuities=tally.discontinuities,
            breaks=tally.breaks,
            seeks=playback.seeks + tally.skips,
            bytes=self.client.bytes,
            errors=tally.errors,
            last_error=tally.last_error,
            rendition=self.rendition.label if self.rendition else "",
            rendition_switches=self._switches,
            low_latency=any(track.low_latency for track in self._tracks),
        )

    def close(self) -> None:
        """Leave, and say so where this viewer reports."""
        if self._reporter is not None:
            self._reporter.close(self._clock.monotonic(), self._snapshot)
        self.client.close()

    def _snapshot(self) -> Snapshot:
        playback, variants, rendition = self.playback, self._variants, self.rendition
        playback.advance(self._clock.monotonic(), self._clock.wall())
        return Snapshot(
            startup_s=playback.startup_s,
            buffer_s=playback.buffered_s,
            latency_s=playback.latency_s(self._clock.wall()),
            rate=playback.rate,
            bitrate_bps=rendition.bandwidth_bps if rendition else None,
            top_bitrate_bps=max(variant.bandwidth_bps for variant in variants) if variants else None,
            throughput_bps=round(self._throughput.bps),
        )


async def _cancelled(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
