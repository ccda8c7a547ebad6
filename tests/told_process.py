"""`tidegate up` whose facts go into a file of the data folder, a line each, for tests that look at facts themselves."""

import argparse
from pathlib import Path

import msgspec
import uvloop

from tidegate.app.config import load_config
from tidegate.app.platform import Platform
from tidegate.cli.server import Stop
from tidegate.core.clock import SystemClock
from tidegate.core.facts import TABLES, Fact

FILE_NAME = "facts.jsonl"


class FileSink:
    """A `FactSink` that writes each fact with its table at once."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._tables = {kind: table for table, kind in TABLES.items()}

    def put(self, fact: Fact) -> None:
        self._file.write(msgspec.json.encode((self._tables[type(fact)], fact)) + b"\n")


async def serve(options: dict[str, object]) -> None:
    stop = Stop()
    platform = Platform(
        load_config(options),
        lambda name, seconds: print(f"{name} {seconds:.2f} s", flush=True),
        SystemClock(),
        FileSink(Path(str(options["data"])) / FILE_NAME),
    )
    try:
        if await stop.before(platform.start()):
            await stop.wait()
    finally:
        await platform.stop()


if __name__ == "__main__":
    words = argparse.ArgumentParser()
    for name in ("data", "http", "rtmp", "srt"):
        words.add_argument(f"--{name}")
    uvloop.run(serve(vars(words.parse_args())))
