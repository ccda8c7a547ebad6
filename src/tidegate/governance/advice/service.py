"""What others call: advice for one stream."""

import asyncio
from typing import Final

from tidegate.core.clock import Clock
from tidegate.core.errors import TidegateError
from tidegate.core.ports import LadderDirectory
from tidegate.core.streams import StreamStatus
from tidegate.governance.advice.rules import advise
from tidegate.governance.advice.types import Part, Situation, StreamAdvice
from tidegate.governance.indicators.service import IndicatorService
from tidegate.governance.indicators.types import IndicatorAnswer, IndicatorQuery

LOOKED_S: Final = 300
"""How much of the past advice is of: enough for numbers to be steady, and short enough for a fix to show."""
GRAIN_S: Final = 10
INDICATORS: Final = (
    "ingest_health",
    "gop_regularity",
    "part_lateness",
    "av_skew",
    "delivery_error_ratio",
    "rebuffer_ratio",
    "playback_failure_rate",
    "dropped_frame_ratio",
    "startup_time_p95",
    "live_latency_p50",
    "rendition_switches_per_hour",
    "throughput_p10",
    "part_download_p50",
    "part_download_p95",
)
"""What the rules look at."""
PARTS_MAX: Final = 50


class AdviceService:
    """Gathers what the rules need, and lets them speak."""

    def __init__(self, indicators: IndicatorService, ladders: LadderDirectory, clock: Clock) -> None:
        self._indicators = indicators
        self._ladders = ladders
        self._clock = clock

    async def advise(self, status: StreamStatus) -> StreamAdvice:
        """What is wrong with a stream now. Without telemetry, what its status alone tells."""
        now = self._clock.wall()
        end = now // GRAIN_S * GRAIN_S
        known, incomplete = Situation(now, status, self._ladders.ladder(status.channel), {}), ""
        try:
            known = await self._measured(known, end)
        except TidegateError as error:
            incomplete = error.message
        return StreamAdvice(advise(known), end - LOOKED_S, end, incomplete)

    async def _measured(self, known: Situation, end: float) -> Situation:
        def asked(*names: str, by: str = "", anywhere: bool = False) -> IndicatorQuery:
            return IndicatorQuery(
                indicators=list(names),
                from_=end - LOOKED_S,
                to=end,
                by=[by] if by else [],
                where={} if anywhere else {"channel": [known.status.channel]},
                limit=PARTS_MAX,
            )

        ask = self._indicators.query
        whole, nodes, regions, networks = await asyncio.gather(
            ask(asked(*INDICATORS)),
            ask(asked("cpu_used", by="node", anywhere=True)),
            ask(asked("rebuffer_ratio", "concurrent_plays", by="region")),
            ask(asked("rebuffer_ratio", "concurrent_plays", by="network")),
        )
        return Situation(
            now=known.now,
            status=known.status,
            ladder=known.ladder,
            numbers=_numbers(whole),
            cpu_used=max((row[-1] for row in nodes.rows if row[-1] is not None), default=None),
            regions=_parts(regions),
            networks=_parts(networks),
        )


def _numbers(answer: IndicatorAnswer) -> dict[str, float]:
    row = answer.rows[0] if answer.rows else []
    pairs = zip(answer.columns, row, strict=False)
    return {column.name: float(value) for column, value in pairs if value is not None}


def _parts(answer: IndicatorAnswer) -> tuple[Part, ...]:
    return tuple(
        Part(str(name), float(plays), float(ratio))
        for name, ratio, plays in answer.rows
        if ratio is not None and plays is not None
    )
