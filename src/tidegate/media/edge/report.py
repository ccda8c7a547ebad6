"""What an edge did in a second, as facts: one for each (channel, recording, rendition) that was asked for or is watched.

In: tallies and the audience. Out: `DeliveryFact`s, and the tallies cleared. Called once a second; nothing waits.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from tidegate.core.facts import DeliveryFact
from tidegate.core.settings import Subject
from tidegate.media.edge.audience import ViewerTable
from tidegate.media.edge.tallies import Kind, Tallies, Tally

StreamOf = Callable[[str], str]
"""The id of a channel's broadcast, empty where this process does not know it."""
ArmsOf = Callable[[Subject], tuple[str, ...]]


class _Place(NamedTuple):
    """What one fact is about."""

    channel: str
    recording: str
    rendition: str


class DeliveryReporter:
    """Turns one edge's counts into facts. `here` is where that edge stands."""

    def __init__(
        self,
        tallies: Tallies,
        audience: ViewerTable,
        here: Subject,
        stream_of: StreamOf = lambda _channel: "",
        arms_of: ArmsOf = lambda _subject: (),
    ) -> None:
        self._tallies = tallies
        self._audience = audience
        self._here = here
        self._stream_of = stream_of
        self._arms_of = arms_of

    def report(self, at: float) -> list[DeliveryFact]:
        """The second that began at `at`, seconds since the Unix epoch."""
        counts: dict[_Place, dict[str, int]] = {}
        for place, counted in _counted(self._tallies.look()):
            sums = counts.setdefault(place, {})
            for name, value in counted.items():
                sums[name] = sums.get(name, 0) + value
        for channel, viewers in self._audience.channels().items():
            counts.setdefault(_Place(channel, "", ""), {})["viewers"] = viewers
        return [self._fact(at, place, sums) for place, sums in counts.items()]

    def _fact(self, at: float, place: _Place, sums: dict[str, int]) -> DeliveryFact:
        channel = place.channel
        stream = place.recording or (self._stream_of(channel) if channel else "")
        return DeliveryFact(
            at=at,
            region=self._here.region,
            node=self._here.node,
            channel=channel,
            stream=stream,
            arms=self._arms_of(Subject(channel=channel, stream=stream)) if channel else (),
            rendition=place.rendition,
            **sums,
        )


def _counted(looked: Iterable[tuple[Kind, Tally]]) -> Iterable[tuple[_Place, dict[str, int]]]:
    """What each tally has counted, in the fact's words; it begins anew."""
    for kind, tally in looked:
        beyond = tally.redirected + tally.refused + tally.failed
        yield (
            _Place(kind.channel, kind.recording, kind.rendition),
            {
                "requests": tally.answered,
                "media_requests": tally.answered if kind.media else 0,
                "bytes": tally.bytes,
                "hits": tally.hits,
                "joined": tally.joined,
                "origin_fetches": tally.fetches,
                "parts": tally.parts,
                "status_2xx": tally.answered - beyond,
                "status_3xx": tally.redirected,
                "status_4xx": tally.refused,
                "status_5xx": tally.failed,
            },
        )
        tally.clear()
