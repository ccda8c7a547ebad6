"""A door with a sink that remembers, and reports to bring."""

from tidegate.core.clock import ManualClock
from tidegate.core.facts import Fact
from tidegate.core.facts.playback import PlaybackFact
from tidegate.core.settings import SettingsBook, SettingState, Subject
from tidegate.media.beacons import tokens
from tidegate.media.beacons.service import Beacons, Playing
from tidegate.media.beacons.settings import SETTINGS
from tidegate.media.beacons.tokens import Ticket

SID = "3c3d1f0e-7a44-4f0d-9a55-0d7a2b0c9a11"
KEY = b"k" * 32
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


class Recording:
    """A `FactSink` that keeps what it is given."""

    def __init__(self) -> None:
        self.facts: list[PlaybackFact] = []

    def put(self, fact: Fact) -> None:
        assert isinstance(fact, PlaybackFact)
        self.facts.append(fact)

    def total(self, name: str) -> float:
        return sum(getattr(fact, name) for fact in self.facts)

    def exits(self) -> list[str]:
        return [fact.exit for fact in self.facts if fact.exit]


class Door:
    """`Beacons` with its clock, its settings and what it gave out."""

    def __init__(self, wall: float = 1_700_000_000.0) -> None:
        self.clock = ManualClock(wall)
        self.sink = Recording()
        self.book = SettingsBook(SETTINGS)
        here = Subject(node="n1", region="eu")
        self.beacons = Beacons(
            KEY,
            self.sink,
            self.book,
            self.clock,
            here,
            lambda channel: Playing("brd_1", ("chg:treatment",)) if channel == "demo" else None,
        )

    def set(self, name: str, value: object) -> None:
        version = self.book.state(name).version + 1
        self.book.apply(SettingState(name, version, value))

    def query(self, session: str = SID, channel: str = "demo", ttl_s: int = 600, share: float = 1.0) -> str:
        ticket = Ticket(session, int(self.clock.wall()) + ttl_s, share)
        return f"ticket={tokens.make(KEY, channel, ticket)}"

    def take(
        self, *lines: str, query: str = "", agent: str = CHROME, channel: str = "demo", local: bool = False
    ) -> list[PlaybackFact]:
        """Bring one beacon; returns the facts it made."""
        before = len(self.sink.facts)
        self.beacons.take(channel, query or self.query(), "\n".join(lines).encode(), agent, local=local)
        return self.sink.facts[before:]

    def say(self, state: str, seq: int, *, event: str = "ps", off_s: float = 0.0, more: str = "") -> str:
        """A report of now, by a player whose clock is `off_s` ahead."""
        ts = round((self.clock.wall() + off_s) * 1000)
        return f'e={event},sid="{SID}",sn={seq},sta={state},ts={ts},v=2' + (f",{more}" if more else "")
