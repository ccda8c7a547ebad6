"""A running Tidegate whose facts a test can read."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from live import LivePlatform, wait_for
from tidegate.core.facts.playback import PlaybackFact
from told_process import FILE_NAME


class FactsPlatform(LivePlatform):
    """`tidegate up` in a process that writes its facts down."""

    command = (sys.executable, str(Path(__file__).with_name("told_process.py")))

    def facts(self, table: str = "playback") -> list[dict[str, Any]]:
        path = self.data / FILE_NAME
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        decoded = (msgspec.json.decode(line) for line in lines if line.endswith(b"\n"))
        return [fact for kind, fact in decoded if kind == table]

    def playback(self, session: str = "") -> list[PlaybackFact]:
        """What players reported, of one session or of all."""
        found = [msgspec.convert(fact, PlaybackFact) for fact in self.facts()]
        return [fact for fact in found if session in {"", fact.session}]

    def wait_for_fact(
        self, what: str, probe: Callable[[PlaybackFact], object], deadline_s: float = 15.0
    ) -> PlaybackFact:
        def find() -> PlaybackFact | None:
            return next((fact for fact in self.playback() if probe(fact)), None)

        fact = wait_for(what, find, deadline_s)
        assert fact is not None
        return fact


@contextlib.contextmanager
def running_with_facts(data: Path, **settings: object) -> Iterator[FactsPlatform]:
    platform = FactsPlatform(data, **settings)
    try:
        platform.start()
        yield platform
    finally:
        if platform.process is not None:
            platform.stop()
