"""What arrived in a second, as facts: one for each rendition that was due or that came, also where nothing came.

In: broadcasts and their accounts. Out: `MediaFact`s, and the accounts begun anew. Called once a second; nothing waits.
"""

from collections.abc import Callable, Iterable

from tidegate.core.clock import Clock
from tidegate.core.facts import MediaFact
from tidegate.core.settings import Subject
from tidegate.media.origin.account import Happened
from tidegate.media.origin.broadcast import Broadcast
from tidegate.media.origin.window import TrackWindow

DECIMALS = 4


class MediaReporter:
    """Turns an origin's accounts into facts. `here` is where that origin stands."""

    def __init__(self, broadcasts: Callable[[], Iterable[Broadcast]], clock: Clock, here: Subject) -> None:
        self._broadcasts = broadcasts
        self._clock = clock
        self._here = here

    def report(self, at: float) -> list[MediaFact]:
        """The second that began at `at`, seconds since the Unix epoch."""
        now = self._clock.monotonic()
        return [
            fact for broadcast in self._broadcasts() for fact in media_facts(broadcast, at, now, self._here)
        ]


def media_facts(broadcast: Broadcast, at: float, now: float, here: Subject) -> list[MediaFact]:
    """What one broadcast has to say at `now`, monotonic seconds.

    Jumps and discontinuities are the whole broadcast's, and told by its leading track alone, so that they add up.
    """
    happened = broadcast.account.take(now)
    sources = broadcast.expected
    lead = next((each for each in sources if each.track.kind == "video"), next(iter(sources), None))
    facts = []
    for window in sources:
        if happened.due_s or window.received.parts:
            told = happened if window is lead else happened._replace(jumps=0, discontinuities=0)
            facts.append(_fact(broadcast, window, told, at, now, here))
    for window in broadcast.rungs.due:
        if happened.live_s or window.received.parts:  # without a source nothing is due of them
            told = Happened(happened.live_s, happened.live_s, 0, 0)
            facts.append(_fact(broadcast, window, told, at, now, here))
    return facts


def _fact(
    broadcast: Broadcast, window: TrackWindow, told: Happened, at: float, now: float, here: Subject
) -> MediaFact:
    track, received = window.track, window.received
    video = track.kind == "video"
    publisher = broadcast.publisher
    fact = MediaFact(
        at=at,
        region=here.region,
        node=here.node,
        channel=broadcast.channel,
        stream=broadcast.id,
        session=publisher.session if publisher is not None else "",
        rendition=track.name,
        kind=track.kind,
        arms=broadcast.arms,
        source=int(track.name not in broadcast.rungs.names),
        state=broadcast.state,
        codec=track.codec,
        seconds=round(told.due_s, DECIMALS),
        live_s=round(told.live_s, DECIMALS),
        media_s=round(received.media_s, DECIMALS),
        bytes=received.bytes,
        frames=received.frames,
        fps=round(received.frames / received.media_s, 3) if video and received.media_s else 0.0,
        gop_s=round(window.gop_s, DECIMALS) if video and received.parts else 0.0,
        keyframe_gap_s=round(now - received.keyframe_at, 3) if video and received.keyframe_at else 0.0,
        av_skew_s=round(_skew_s(broadcast, window), 3) if video else 0.0,
        parts=received.parts,
        parts_late=received.late,
        jumps=told.jumps,
        discontinuities=told.discontinuities,
    )
    received.clear()
    return fact


def _skew_s(broadcast: Broadcast, picture: TrackWindow) -> float:
    """How far the picture's end is beyond the sound's; 0 without one, and for renditions, which come later than both."""
    if broadcast.session is None:
        return 0.0  # what the windows hold now is the slate's
    mine = [each for each in broadcast.expected if each.session == picture.session and each.end_s]
    sound = next((each for each in mine if each.track.kind == "audio"), None)
    return picture.end_s - sound.end_s if sound is not None and picture in mine else 0.0
