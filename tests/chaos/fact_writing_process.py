"""A platform's writer in a process of its own, to be killed: facts go in while no engine can be opened, and land on disk.

`python fact_writing_process.py FOLDER COUNT` prints one line when they are there, and waits for its end.
"""

import asyncio
import sys
import time
from pathlib import Path
from random import Random

from facts_rig import playback
from tidegate.core.clock import SystemClock
from tidegate.telemetry.embedded import EmbeddedTelemetry
from tidegate.telemetry.schema import Retention
from tidegate.telemetry.writer import FactWriter, WriterBounds


async def main(folder: Path, count: int) -> None:
    engine = EmbeddedTelemetry(folder / "engine", Retention(), 1 << 30, Random(1))  # never started: away
    writer = FactWriter(engine, folder / "spill", SystemClock(), Random(1), WriterBounds(batch_s=0.01))
    await writer.start()
    for number in range(count):
        writer.put(playback(time.time(), seq=number, session=f"s{number % 50}", watched_s=1.0))
        if number % 100 == 99:
            await asyncio.sleep(0.02)
    while writer.backlog.spill.rows < count:
        await asyncio.sleep(0.01)
    print("on disk", file=sys.stderr, flush=True)
    await asyncio.Event().wait()


asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
