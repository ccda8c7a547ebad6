"""One playback session's reports made facts that add up (CTA-2066 sections 4 and 5). Pure: time is an argument.

In: reports, in about the order they happened, none twice. Out: for each one a `PlaybackFact` whose amounts are of the time
since the report before it, which belongs to the state that report left the player in. What a player counts since its beginning
(dropped frames, starvations) becomes differences here.

A session is over when its player quits or has played to the end, and when nothing was heard of it for a while: then a last
fact, made here, says why. One that is heard of again afterwards goes on where it was.
"""

from typing import Final

import msgspec

from tidegate.core.facts.playback import (
    ExitReason,
    PlaybackEvent,
    PlaybackFact,
    PlaybackState,
    exit_of_silence,
)
from tidegate.media.beacons.transfers import Gathered
from tidegate.media.beacons.types import Labels, Report, Transfers

FRESH_SEQ: Final = 8
"""A session first heard of by a report of a higher number began elsewhere, or before a restart: it has joined already."""
STARTUP_MAX_S: Final = 600.0
"""A picture that took longer was waited for by nobody: a tab that lay in the background."""

_TERMINAL: Final[frozenset[PlaybackState]] = frozenset({"ended", "quit"})
_AGAIN: Final[frozenset[PlaybackState]] = frozenset({"starting", "playing", "seeking"})
_NO_TRANSFERS: Final = Transfers(0, 0.0, 0, 0.0)
_BEFORE_PICTURE: Final[frozenset[PlaybackState]] = frozenset({"preloading", "starting", "waiting"})


class Place(msgspec.Struct, frozen=True, gc=False):
    """What all facts of a session have in common."""

    region: str
    node: str
    channel: str
    session: str
    sample_share: float = 1.0


class Moment(msgspec.Struct, frozen=True, gc=False):
    """What a beacon's facts have in common.

    Attributes:
        received_at: platform's clock, seconds since the Unix epoch.
        offset_ms: from the player's clock to the platform's.
        stream, arms: what the channel's stream was then.
    """

    received_at: float
    offset_ms: int
    labels: Labels
    stream: str = ""
    arms: tuple[str, ...] = ()


class Stitcher:
    """One session's state.

    Attributes:
        over: it has ended, for now.
    """

    __slots__ = (
        "_began_ms",
        "_bitrate_kbps",
        "_dropped",
        "_frames",
        "_gap_max_s",
        "_gathered",
        "_heard",
        "_last",
        "_last_ms",
        "_place",
        "_rendition",
        "_stalls",
        "_started",
        "_startup_known",
        "_starved",
        "_state",
        "_top_kbps",
        "over",
    )

    def __init__(self, place: Place, gap_max_s: float) -> None:
        self._place = place
        self._gap_max_s = gap_max_s
        self._heard = False
        self._last: Moment | None = None
        self._last_ms = 0
        self._began_ms: int | None = None
        self._state: PlaybackState = "starting"
        self._started = False
        self._startup_known = False
        self._bitrate_kbps: int | None = None
        self._top_kbps: int | None = None
        self._rendition = ""
        self._dropped: int | None = 0
        self._frames: int | None = 0
        self._starved: int | None = 0
        self._stalls = 0
        self._gathered = Gathered()
        self.over = False

    def clock_was_set(self, by_ms: int) -> None:
        """The player's clock has jumped: what came before is named by it so much later, or earlier."""
        self._last_ms += by_ms
        if self._began_ms is not None:
            self._began_ms += by_ms

    def take(self, report: Report, ts_ms: int, moment: Moment) -> PlaybackFact | None:
        """The fact that `report` makes, which happened at `ts_ms` of the player's clock; None where it tells nothing, as
        of a session that is over.
        """
        if report.event == "other":
            return None
        if report.event == "response":
            return self._response(report, ts_ms, moment)
        state = self._believed(report.state)
        late = self._heard and ts_ms < self._last_ms
        if self.over and (late or state not in _AGAIN):
            return (
                None  # a player that stays open goes on beating; and what a quit has overtaken is no return
            )
        first, self._heard = not self._heard, True
        if first and (report.seq or 0) > FRESH_SEQ:
            self._continue(state)
            joined = 0
        else:
            joined = int(first)
        interval_s = 0.0 if first or late or self.over else self._interval_s(ts_ms)
        before = self._state
        startup_s = self._startup_s(report, state, ts_ms)
        started = int(state == "playing" and not self._started)
        self._started = self._started or bool(started)
        rebuffers = self._rebuffers(report, state, before)
        left: ExitReason = self._exit(state, before) if state in _TERMINAL and not late else ""
        switches = self._switched(report, late=late)
        frames, dropped = self._frame_counts(report)
        gathered = self._gathered.take()
        transfers = report.transfers or gathered or _NO_TRANSFERS
        if not late:
            self._state, self._last_ms, self._last = state, ts_ms, moment
        self.over = bool(left)
        event: PlaybackEvent = report.event
        return self._fact(
            moment,
            (ts_ms + moment.offset_ms) / 1000,
            event=event,
            state=state,
            seq=report.seq or 0,
            joined=joined,
            started=started,
            exit=left,
            startup_s=startup_s,
            interval_s=interval_s,
            watched_s=interval_s if before == "playing" else 0.0,
            rebuffer_s=interval_s if before == "rebuffering" else 0.0,
            rebuffers=rebuffers,
            switches=switches,
            frames=frames,
            dropped_frames=dropped,
            buffer_s=_seconds(report.buffer_ms),
            latency_s=_seconds(report.latency_ms),
            throughput_bps=_bits(report.throughput_kbps),
            playback_rate=report.playback_rate,
            error=report.error,
            transfers=transfers.count,
            transfer_s=transfers.seconds,
            transfer_sample_s=transfers.sample_s if transfers.count else None,
            request_bytes=transfers.size_bytes,
        )

    def count(self, response: Report) -> None:
        """Take what a response says of transfers into the next fact."""
        self._gathered.add(response)

    def lose(self) -> PlaybackFact | None:
        """The last fact of a session that has fallen silent, at the moment it was last heard of; None where there is
        nothing to say: it is over, or told nothing.
        """
        last = self._last
        if self.over or last is None:
            return None
        self.over = True
        reason = exit_of_silence(self._state, started=self._started)
        at = (self._last_ms + last.offset_ms) / 1000
        return self._fact(last, at, event="state", state=self._state, exit=reason)

    def _believed(self, state: PlaybackState | None) -> PlaybackState:
        """The state a report leaves the player in: what it says, as the standard means it."""
        if state is None:
            return self._state if self._heard else "starting"
        if state == "rebuffering" and not self._started and self._heard:
            return "starting"  # CTA-5004-A: never said during startup, but it is
        return state

    def _continue(self, state: PlaybackState) -> None:
        self._started = state not in _BEFORE_PICTURE
        self._startup_known = self._started
        self._dropped = self._frames = self._starved = None  # counted from a beginning that was not seen

    def _interval_s(self, ts_ms: int) -> float:
        """A longer silence than that after which a session counts as lost is nobody's time: the device was asleep."""
        return min((ts_ms - self._last_ms) / 1000, self._gap_max_s)

    def _startup_s(self, report: Report, state: PlaybackState, ts_ms: int) -> float | None:
        """On the one report that first knows it: as the player measured, else as its reports are apart."""
        if self._began_ms is None and state != "preloading":
            self._began_ms = ts_ms
        if self._startup_known or (state != "playing" and report.startup_ms is None):
            return None
        if report.startup_ms is not None:
            took_s = report.startup_ms / 1000
        elif self._started or not self._heard_before_playing(ts_ms):
            return None
        else:
            took_s = (ts_ms - (self._began_ms or ts_ms)) / 1000
        self._startup_known = True
        return min(took_s, STARTUP_MAX_S)

    def _heard_before_playing(self, ts_ms: int) -> bool:
        return self._began_ms is not None and self._began_ms < ts_ms

    def _rebuffers(self, report: Report, state: PlaybackState, before: PlaybackState) -> int:
        """Stalls that began: as the states say, and what the player's own count has beyond them."""
        began = int(state == "rebuffering" and before != "rebuffering" and self._started)
        self._stalls += began
        if report.starved is None:
            return began
        known = report.starved if self._starved is None else self._starved
        missed = max(0, report.starved - known - self._stalls) if self._started else 0
        self._starved, self._stalls = max(known, report.starved), 0
        return began + missed

    def _switched(self, report: Report, *, late: bool) -> int:
        self._top_kbps = report.top_bitrate_kbps or self._top_kbps
        self._rendition = report.rendition or self._rendition
        known, told = self._bitrate_kbps, report.bitrate_kbps
        if told is None or late:
            return 0
        self._bitrate_kbps = told
        return int(known is not None and known != told)

    def _frame_counts(self, report: Report) -> tuple[int, int]:
        """Frames in all and dropped since the report before; a count that went back began anew."""
        frames, self._frames = _since(report.frames, self._frames)
        dropped, self._dropped = _since(report.dropped, self._dropped)
        return frames, dropped

    def _exit(self, state: PlaybackState, before: PlaybackState) -> ExitReason:
        if before == "failed":
            return "failed"
        if not self._started:
            return "before-start"
        return "ended" if state == "ended" else "left"

    def _response(self, report: Report, ts_ms: int, moment: Moment) -> PlaybackFact | None:
        """Time belongs to states, and a response changes none."""
        if self.over or not self._heard:
            return None
        took_ms = report.last_byte_ms
        return self._fact(
            moment,
            (ts_ms + (took_ms or 0) + moment.offset_ms) / 1000,
            event="response",
            state=self._state,
            seq=report.seq or 0,
            request_s=_seconds(took_ms),
            request_status=report.status or 0,
            throughput_bps=_bits(report.throughput_kbps),
        )

    def _fact(
        self, moment: Moment, at: float, *, event: PlaybackEvent, state: PlaybackState, **told: object
    ) -> PlaybackFact:
        place, labels = self._place, moment.labels
        return PlaybackFact(
            at=min(at, moment.received_at),
            received_at=moment.received_at,
            region=labels.region or place.region,
            node=place.node,
            channel=place.channel,
            session=place.session,
            sample_share=place.sample_share,
            stream=moment.stream,
            arms=moment.arms,
            event=event,
            state=state,
            player=labels.player,
            player_version=labels.player_version,
            device=labels.device,
            network=labels.network,
            rendition=self._rendition,
            bitrate_bps=_bits(self._bitrate_kbps),
            top_bitrate_bps=_bits(self._top_kbps),
            **told,  # type: ignore[arg-type]  # fields of the fact, by name
        )


def _since(now: int | None, before: int | None) -> tuple[int, int | None]:
    if now is None or before is None:
        return 0, before if now is None else now
    return (now - before if now >= before else now), now


def _seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _bits(kilobits: int | None) -> int | None:
    return None if kilobits is None else kilobits * 1000
