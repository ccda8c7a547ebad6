"""What it costs to take players' reports: beacons a second and core, through the real front door up to the fact.

Two processes: the edge's HTTP server with the beacon door, whose facts are counted and let go; and players on keep-alive connections,
each of which reports a beat of another session as soon as the one before is answered. Beside it the same server before a door that does
nothing, and in one process the parts of the work: reading the same values as JSON, as CMCD, and all that the door does.

How to read it: µs of the server's processor time a beacon, and how many of them a core takes in a second. A player that beats every five
seconds is a fifth of one. The limit that the project set itself is a ratio: taking a beacon costs at most so much more than
answering the same request with no work.

    python benchmarks/bench_beacons.py --seconds 6
"""

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Literal

import msgspec
import structlog
import uvloop

from measure import report, verdict
from tidegate.core.clock import SystemClock
from tidegate.core.delivery import LiveResponse
from tidegate.core.facts import Fact
from tidegate.core.settings import SettingsBook, Subject
from tidegate.media.beacons import tokens
from tidegate.media.beacons.cmcd import parse_beacon
from tidegate.media.beacons.service import Beacons, Playing
from tidegate.media.beacons.settings import SETTINGS
from tidegate.media.beacons.structured import Item, parse_dictionary
from tidegate.media.beacons.tokens import Ticket
from tidegate.media.edge.config import ServerConfig
from tidegate.media.edge.server import EdgeServer
from tidegate.media.edge.service import Edge

Role = Literal["door", "nothing"]

LIMIT_TIMES = 6.0
"""× the same server's answer with no work."""
SESSIONS = 20_000
CONNECTIONS = 32
WARM_UP_S = 1.5
CALLS = 40_000
ROUNDS = 3
KEY = b"k" * 32
AGENT = b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


class Counter:
    """A `FactSink` that counts."""

    def __init__(self) -> None:
        self.facts = 0

    def put(self, _fact: Fact) -> None:
        self.facts += 1


class NoWork:
    """A `BeaconDoor` that takes everything and does nothing."""

    def invite(self, _channel: str, _query: str) -> bytes:
        return b""

    def take(self, _channel: str, _query: str, _body: bytes, _user_agent: str, *, local: bool) -> None:
        del local


class NoMedia:
    """A `LiveSource` of nothing."""

    def get(self, _target: str, _if_none_match: bytes = b"") -> LiveResponse:
        return LiveResponse(404)


def door(sink: Counter) -> Beacons:
    here = Subject(node="node-1", region="eu-west")
    return Beacons(KEY, sink, SettingsBook(SETTINGS), SystemClock(), here, lambda _: Playing("bro_1"))


def requests() -> Iterator[tuple[str, bytes]]:
    """Query and body of one session's beat after the other's: what the watch page says while nothing changes."""
    expires_at = int(time.time()) + 3600
    sessions = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(SESSIONS)]
    queries = [
        f"ticket={tokens.make(KEY, 'demo', Ticket(session, expires_at, 1.0))}&player=hls.js&version=1.7.4&network=wifi"
        for session in sessions
    ]
    for seq in count():
        for session, query in zip(sessions, queries, strict=True):
            line = (
                f'bl=(1400),br=(2128;v),dfa={seq // 9},e=t,ltc=912,mtp=(48200),pr=1.020,sid="{session}",sn={seq},sta=p,tb=(5000;v),'
                f'ts={time.time_ns() // 1_000_000},v=2,tidegate-frames="{seq * 150}",tidegate-rendition="720p",'
                'tidegate-transfers="50 900000 1330000 17000"\n'
            )
            yield query, line.encode()


async def server_role(role: Role) -> None:
    """Serve until told to stop; say at each signal what it took so far."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())  # standard output is for what is said
    sink = Counter()
    edge = Edge(NoMedia(), SystemClock(), beacons=door(sink) if role == "door" else NoWork())
    server = EdgeServer(edge, ServerConfig(port=0))
    await server.start()
    _say(port=server.port)
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, lambda: _say(cpu_s=time.process_time(), facts=sink.facts))
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await server.stop(grace_s=0)


class Player(asyncio.Protocol):
    """One connection: a report, its answer, the next report."""

    answered = 0

    def __init__(self, beats: Iterator[tuple[str, bytes]]) -> None:
        self._beats = beats
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a stream's
        self._report()

    def data_received(self, data: bytes) -> None:
        if not data.startswith(b"HTTP/1.1 204"):
            raise SystemExit(f"A beacon was refused: {data[:400].decode('latin-1')}")
        Player.answered += 1
        self._report()

    def stop(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.abort()

    def _report(self) -> None:
        if self._transport is None:
            return
        query, body = next(self._beats)
        head = (
            f"POST /live/demo/beacon?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
        )
        self._transport.write(
            head.encode() + b"User-Agent: " + AGENT + b"\r\nContent-Type: application/cmcd\r\n\r\n" + body
        )


async def through_http(role: Role, seconds: float) -> dict[str, float]:
    """Processor time a beacon, and facts a beacon."""
    process = subprocess.Popen([sys.executable, __file__, "--role", role], stdout=subprocess.PIPE, text=True)
    try:
        port = _heard(process)["port"]
        beats = requests()
        loop = asyncio.get_running_loop()
        opened = [
            await loop.create_connection(lambda: Player(beats), "127.0.0.1", port) for _ in range(CONNECTIONS)
        ]
        await asyncio.sleep(WARM_UP_S)
        process.send_signal(signal.SIGUSR1)
        before, began, answered = (
            await asyncio.to_thread(_heard, process),
            time.perf_counter(),
            Player.answered,
        )
        await asyncio.sleep(seconds)
        process.send_signal(signal.SIGUSR1)
        after, took_s = await asyncio.to_thread(_heard, process), time.perf_counter() - began
        beacons = Player.answered - answered
        for _, player in opened:
            player.stop()
    finally:
        process.terminate()
        process.wait(10)
    cpu_s = after["cpu_s"] - before["cpu_s"]
    return {
        "us": cpu_s / beacons * 1e6,
        "facts": (after["facts"] - before["facts"]) / beacons,
        "rate": beacons / took_s,
    }


def cases() -> Iterator[tuple[str, Callable[[int], object]]]:
    """The parts of the work, by what is done with the beat of a number; the cheapest first."""
    beats = requests()
    said = [next(beats) for _ in range(CALLS)]
    as_json = [msgspec.json.encode(_plain(parse_dictionary(body.decode().strip()))) for _, body in said]
    yield "the same values decoded as JSON", lambda number: msgspec.json.decode(as_json[number])
    yield "read as CMCD", lambda number: parse_beacon(said[number][1])
    yield "made a fact", _taking(said)


def _taking(said: list[tuple[str, bytes]]) -> Callable[[int], object]:
    """All that the door does, each time before a new one, to which the beats are new."""
    agent = AGENT.decode()
    taking = door(Counter())

    def take(number: int) -> None:
        nonlocal taking
        if number == 0:
            taking = door(Counter())
        taking.take("demo", *said[number], agent, local=False)

    return take


def _plain(keys: dict[str, Any]) -> dict[str, Any]:
    return {
        name: [list(each) if isinstance(each, Item) else each for each in value]
        if isinstance(value, list)
        else value
        for name, value in keys.items()
    }


def microseconds(act: Callable[[int], object]) -> float:
    """Processor time of one call; the best of several rounds, since others' work only adds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time_ns()
        for number in range(CALLS):
            act(number)
        best = min(best, (time.process_time_ns() - began) / CALLS / 1000)
    return best


def _say(**facts: Any) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def _heard(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdout is not None
    heard: dict[str, Any] = json.loads(process.stdout.readline())
    return heard


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=6.0, help="how long each server is measured")
    parser.add_argument("--json", action="store_true", help="print the data instead of a table")
    parser.add_argument("--role", choices=("door", "nothing"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.role:
        uvloop.run(server_role(arguments.role))
        return 0
    parts = {name: microseconds(act) for name, act in cases()}
    empty = uvloop.run(through_http("nothing", arguments.seconds))
    taken = uvloop.run(through_http("door", arguments.seconds))
    figures = {**parts, "HTTP, answered with no work": empty["us"], "HTTP, made a fact": taken["us"]}
    yardstick = next(iter(figures.values()))
    times = taken["us"] / empty["us"]
    rows = [
        {"case": name, "us": round(us, 2), "a_core": round(1e6 / us), "times": round(us / yardstick, 1)}
        for name, us in figures.items()
    ]
    report(
        f"Taking beacons: {times:.2f} × the same server's answer with no work ({verdict(times, LIMIT_TIMES)})",
        ("case", "µs a beacon", "a second and core", "× JSON"),
        [(row["case"], str(row["us"]), f"{row['a_core']:,}", str(row["times"])) for row in rows],
        {
            "limit_times": LIMIT_TIMES,
            "times": round(times, 2),
            "facts_a_beacon": round(taken["facts"], 4),
            "rows": rows,
        },
        as_json=arguments.json,
    )
    return 0 if times <= LIMIT_TIMES else 1


if __name__ == "__main__":
    sys.exit(main())
