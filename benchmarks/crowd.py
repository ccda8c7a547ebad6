"""Viewers in a process of their own, who say what goes wrong and when: one JSON document a line on standard output.

In: what to play, as JSON arguments. Out: `Trouble`s as they come, one `LoadReport` for each audience at the end. `Crowd` starts such
a process, keeps what it says in a file, and reads it.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import msgspec
import uvloop

from faults import Sort, Trouble
from stage import StageError
from tidegate.core.clock import SystemClock
from tidegate.media.crowd.service import TICK_S, load
from tidegate.media.player.types import PlayerOptions
from tidegate.media.player.viewer import Viewer

RAMP_S = 5.0
END_S = 60.0
"""A crowd that has not ended so long after its time has failed."""


@dataclass(frozen=True)
class Audience:
    """Viewers of one address. `check`: they also look whether decode times go on, which costs processor time."""

    channel: int
    name: str
    url: str
    viewers: int
    check: bool = False


class Observer:
    """Finds what is new in viewers' counters."""

    def __init__(self, audience: Audience) -> None:
        self._audience = audience
        self._seen: dict[int, dict[Sort, int]] = {}
        self._stalls: dict[int, tuple[float, float]] = {}

    def look(self, viewers: Sequence[Viewer]) -> None:
        now = time.monotonic()
        for number, viewer in enumerate(viewers):
            tally, playback = viewer.tally, viewer.playback
            counts: dict[Sort, int] = {
                "lost": tally.gaps, "discontinuity": tally.discontinuities, "break": tally.breaks,
                "seek": tally.skips + playback.seeks, "error": tally.errors,
            }  # fmt: skip
            before = self._seen.get(number, {})
            for sort, count in counts.items():
                if more := count - before.get(sort, 0):
                    self.tell(Trouble(now, self._audience.channel, self._audience.name, number, sort, more,
                                      words=tally.last_error if sort == "error" else ""))  # fmt: skip
            self._seen[number] = counts
            self._stall(now, number, viewer)

    def _stall(self, now: float, number: int, viewer: Viewer) -> None:
        """A stall is told when it is over, as of when it began."""
        playback = viewer.playback
        if playback.state == "stalled":
            self._stalls.setdefault(number, (now, playback.rebuffer_s))
        elif number in self._stalls:
            began_s, rebuffer_s = self._stalls.pop(number)
            self._stopped(number, began_s, playback.rebuffer_s - rebuffer_s)

    def _stopped(self, number: int, began_s: float, stall_s: float) -> None:
        self.tell(
            Trouble(
                began_s, self._audience.channel, self._audience.name, number, "stall", 1, round(stall_s, 3)
            )
        )

    def close(self) -> None:
        """Those who still wait have waited till now."""
        for number, (began_s, _) in self._stalls.items():
            self._stopped(number, began_s, time.monotonic() - began_s)

    def tell(self, trouble: Trouble) -> None:
        print(json.dumps(asdict(trouble)), flush=True)


async def play(audience: Audience, seconds: float) -> None:
    observer = Observer(audience)
    options = PlayerOptions(check_media=audience.check, tick_s=TICK_S)
    report = await load(
        audience.url, audience.viewers, seconds, RAMP_S, SystemClock(), options=options, look=observer.look
    )
    observer.close()
    print(json.dumps({"audience": asdict(audience), "report": msgspec.to_builtins(report)}), flush=True)


async def play_all(audiences: Sequence[Audience], seconds: float) -> None:
    await asyncio.gather(*(play(audience, seconds) for audience in audiences))


class Crowd:
    """The process and what it says; a context manager that ends it."""

    def __init__(self, audiences: Sequence[Audience], seconds: float, file: Path) -> None:
        self._file = file
        self._seconds = seconds
        self._words = json.dumps({"audiences": [asdict(each) for each in audiences], "seconds": seconds})

    def __enter__(self) -> Self:
        with self._file.open("wb") as out:
            self.process = subprocess.Popen([sys.executable, __file__, self._words], stdout=out)
        self._began_s = time.monotonic()
        return self

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def result(self) -> tuple[list[Trouble], list[dict[str, Any]]]:
        """Wait for the end; troubles, and the reports with their audiences."""
        self.process.wait(max(1.0, self._began_s + self._seconds + RAMP_S + END_S - time.monotonic()))
        if self.process.returncode:
            raise StageError(f"A crowd of viewers failed with status {self.process.returncode}; see above.")
        said = [json.loads(line) for line in self._file.read_text().splitlines()]
        return [Trouble(**each) for each in said if "sort" in each], [
            each for each in said if "report" in each
        ]


def main() -> None:
    asked = json.loads(sys.argv[1])
    uvloop.run(play_all([Audience(**each) for each in asked["audiences"]], asked["seconds"]))


if __name__ == "__main__":
    main()
