"""What a player without a screen reports of its playback: CMCD version 2 in event mode (CTA-5004-A), as a page's player does.

Flows in: a viewer's state at each look, time. Flows out: beacons, where the server asks for them (`GET …/beacon` beside the
playlist); elsewhere nothing. One `BeaconSender` serves all viewers of a process over a few connections, so that a thousand of them
cost a few hundred small requests a second and no connection each. Bounds: lines held by a viewer, beacons held by the sender; at
each the oldest goes, and is counted. What the server cannot take now goes with the viewer's next report.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

import msgspec

from tidegate import __version__
from tidegate.core.clock import Clock
from tidegate.media.player.address import Address, resolve, with_query
from tidegate.media.player.http import HttpClient
from tidegate.media.player.transfers import Transfers
from tidegate.media.player.types import PlayerError, PlayState, ReportOptions

LINES_MAX: Final = 64
"""Reports a viewer holds while its network, or the server, is away."""
BEACONS_MAX: Final = 4096
"""Beacons a sender holds; with them go their viewers' invitations."""
FLIGHTS_MAX: Final = 8
"""Beacons under way at once."""
DRAIN_S: Final = 2.0
CONTENT_TYPE: Final = "application/cmcd"

_STATES: Final[dict[PlayState, str]] = {"joining": "s", "playing": "p", "stalled": "r", "ended": "e"}
_OVER: Final = 410
_LATER: Final = frozenset({0, 429, 500, 502, 503, 504})
"""Answers after which the same may be said again; 0 is none."""


class Snapshot(msgspec.Struct, frozen=True, gc=False):
    """How a viewer fares now; None is what it does not know. Bitrates are of its rendition, and of the best there is."""

    startup_s: float = 0.0
    buffer_s: float = 0.0
    latency_s: float | None = None
    rate: float = 1.0
    bitrate_bps: int | None = None
    top_bitrate_bps: int | None = None
    throughput_bps: int | None = None


class _Invitation(msgspec.Struct, frozen=True):
    """What a server says; whoever it is, it cannot make a viewer send more than reports."""

    session: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}\Z")]
    report_to: Annotated[str, msgspec.Meta(max_length=2048)]
    interval_s: Annotated[float, msgspec.Meta(ge=0.0, le=3600.0)]


class BeaconSender:
    """Sends for all viewers of a process.

    Attributes:
        sent: beacons the server took, and `refused`: those it did not; `unanswered`: of which nothing was heard; `dropped`: those
            that never left.
        unsaid: reports that a viewer could not hold until they could leave.
    """

    def __init__(self, client: HttpClient) -> None:
        self.client = client
        self._waiting: deque[tuple[Address, bytes, Callable[[int], None]]] = deque()
        self._flights: set[asyncio.Task[None]] = set()
        self.sent = self.refused = self.unanswered = self.dropped = self.unsaid = 0

    def send(self, address: Address, body: bytes, answered: Callable[[int], None]) -> None:
        """Send in a while; `answered` is told the status, 0 where there was none."""
        if len(self._waiting) >= BEACONS_MAX:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append((address, body, answered))
        if len(self._flights) < FLIGHTS_MAX:
            self.run(self._fly())

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name="player-beacon")
        self._flights.add(task)
        task.add_done_callback(self._flights.discard)

    async def close(self) -> None:
        """Let what waits leave, for a moment; then hang up."""
        if self._flights:
            await asyncio.wait(self._flights, timeout=DRAIN_S)
        for task in self._flights:
            task.cancel()
        await asyncio.gather(*self._flights, return_exceptions=True)
        self.client.close()

    async def _fly(self) -> None:
        while self._waiting:
            address, body, answered = self._waiting.popleft()
            status = 0
            with suppress(PlayerError):
                status = (await self.client.post(address, body, CONTENT_TYPE)).status
            self.sent += 200 <= status < 300
            self.refused += status >= 400
            self.unanswered += status == 0
            answered(status)


class Reporter:
    """One viewer's reports. `look` may be called as often as one likes: it does something when there is something to say.

    Attributes:
        transfers: is told of each download of media.
    """

    def __init__(self, sender: BeaconSender, session: str, options: ReportOptions, clock: Clock) -> None:
        self._sender = sender
        self._session = session
        self._options = options
        self._clock = clock
        self._to: Address | None = None
        self.transfers = Transfers()
        self._lines: list[str] = []
        self._seq = 0
        self._interval_s = 0.0
        self._due_s = 0.0
        self._state: PlayState | None = None
        self._bitrate_bps: int | None = None
        self._started = False
        self._over = False

    def found(self, playlist: Address) -> None:
        """There is something to play: whoever serves it at `playlist` is asked where to report, if that can be a Tidegate."""
        if "/live/" in playlist.target:
            self._sender.run(self._ask(playlist))
        else:
            self._over = True

    def look(self, state: PlayState, now_s: float, measure: Callable[[], Snapshot]) -> None:
        """See how it goes at `now_s`, monotonic; `measure` is asked only where there is something to report."""
        if self._over:
            return
        if state != self._state:
            self._state = state
            self._report("ps", now_s, measure())
        elif now_s >= self._due_s and self._interval_s:
            snapshot = measure()
            changed = snapshot.bitrate_bps != self._bitrate_bps and self._bitrate_bps is not None
            self._report("bc" if changed else "t", now_s, snapshot)

    def switched(self, now_s: float, measure: Callable[[], Snapshot]) -> None:
        """It plays another rendition from now on."""
        if not self._over:
            self._report("bc", now_s, measure())

    def close(self, now_s: float, measure: Callable[[], Snapshot]) -> None:
        """Its viewer leaves; what is said last goes out with the sender's next flights."""
        if not self._over and self._state not in {None, "ended"}:
            self._report("ps", now_s, measure(), state="q")
        self._over = True

    def _report(self, event: str, now_s: float, now: Snapshot, state: str = "") -> None:
        self._due_s = now_s + self._interval_s
        self._bitrate_bps = now.bitrate_bps
        said = state or _STATES[self._state or "joining"]
        line = f'e={event},sid="{self._session}",sn={self._seq},sta={said},ts={round(self._clock.wall() * 1000)},v=2'
        if now.bitrate_bps is not None:
            line += f",br=({now.bitrate_bps // 1000};v)"
        if now.top_bitrate_bps is not None:
            line += f",tb=({now.top_bitrate_bps // 1000};v)"
        if now.throughput_bps:
            line += f",mtp=({round(now.throughput_bps / 100_000) * 100})"
        if now.latency_s is not None and now.latency_s > 0:
            line += f",ltc={round(now.latency_s * 1000)}"
        if now.startup_s and not self._started:
            self._started = True
            line += f",msd={round(now.startup_s * 1000)}"
        if transfers := self.transfers.take():
            line += f',tidegate-transfers="{transfers}"'
        self._lines.append(f"{line},bl=({round(now.buffer_s * 10) * 100}),pr={now.rate:.3f}")
        self._seq += 1
        self._bound()
        self._flush()

    def _bound(self) -> None:
        beyond = len(self._lines) - LINES_MAX
        if beyond > 0:
            del self._lines[:beyond]
            self._sender.unsaid += beyond

    def _flush(self) -> None:
        if self._to is not None and self._lines:
            said, self._lines = self._lines, []
            self._sender.send(self._to, ("\n".join(said) + "\n").encode(), partial(self._answered, said))

    def _answered(self, said: list[str], status: int) -> None:
        if status == _OVER:
            self._over = True
        elif status in _LATER and not self._over:
            self._lines[:0] = said
            self._bound()

    async def _ask(self, playlist: Address) -> None:
        """Where to report, and how often."""
        try:
            response = await self._sender.client.get(
                resolve(playlist, f"beacon?session={quote(self._session)}")
            )
            if response.status != 200:
                self._over = True
                return
            told = msgspec.json.decode(response.body, type=_Invitation)
            if not told.report_to:
                self._over = True
                return
            to = resolve(playlist, told.report_to)
        except (PlayerError, msgspec.DecodeError):
            self._over = True
            return
        labels = {
            "player": self._options.player,
            "version": __version__,
            "device": self._options.device,
            "network": self._options.network,
            "region": self._options.region,
        }
        self._to = with_query(to, urlencode({name: text for name, text in labels.items() if text}))
        self._session, self._interval_s = told.session, max(1.0, told.interval_s)
        self._due_s = self._clock.monotonic() + self._interval_s
        self._flush()
