"""What a kill costs: how soon a server that was killed lets publishers in, serves media and answers with pages again.

How to read it: CPU-seconds of the new process, from its start to each point, the median of several kills -9 under one live
stream. They do not change with what else the machine does; wall seconds, beside them, do. Limits are the project's own: a
viewer holds about a second of media, so what is over the limit is seen as a stall.

    python benchmarks/bench_restart.py --rounds 7
"""

import argparse
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from measure import ProcessTree, report, say, verdict
from stage import Pusher, StageError, Tidegate, bench_file, free_port, until

PUBLISHERS_LIMIT_S = 1.0
EDGE_LIMIT_S = 0.5
DEADLINE_S = 30.0
LOOK_EVERY_S = 0.004
SETTLE_S = 6.0
"""After which three segments of the window are stored."""

Reached = dict[str, tuple[float, float]]
"""CPU and wall seconds from a process's start to each point."""


def answers(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
        return bool(answer.status == 200)
    return False


def accepts(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def timed(process: subprocess.Popen[bytes], points: dict[str, Callable[[], bool]]) -> Reached:
    """When each point is reached; each is looked at only once the one before it was."""
    began = time.monotonic()
    tree = ProcessTree(process.pid)
    reached: Reached = {}
    for name, there in points.items():
        while not there():
            if process.poll() is not None or time.monotonic() - began > DEADLINE_S:
                raise StageError(f"Not reached: {name}.")
            time.sleep(LOOK_EVERY_S)
        reached[name] = (tree.cpu_s(), time.monotonic() - began)
    return reached


def platform_round(server: Tidegate) -> Reached:
    """Kill the whole platform under a live stream, start it again."""
    pusher = Pusher(server.publish_url(0), bench_file())
    playlist = f"{server.url}/live/bench-0/video/index.m3u8"
    try:
        until("the stream", lambda: answers(playlist))
        time.sleep(SETTLE_S)
        server.crash()
        server.begin()
        assert server.process is not None
        return timed(
            server.process,
            {
                "live media is served": lambda: answers(playlist),
                "publishers are let in": lambda: accepts(server.rtmp_port),
                "pages and API answer": lambda: answers(f"{server.url}/readyz"),
            },
        )
    finally:
        pusher.end()


def edge_round(server: Tidegate) -> Reached:
    """Start an edge of its own before the platform, which knows it by its token."""
    port = free_port()
    token = server.folder / "data" / "edge-token"
    process = subprocess.Popen(
        [
            str(Path(sys.executable).parent / "tidegate"), "edge", "run", "--origin", server.url,
            "--http", f"127.0.0.1:{port}", "--token-file", str(token),
        ],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        return timed(
            process,
            {
                "an edge serves live media": lambda: answers(
                    f"http://127.0.0.1:{port}/live/bench-0/index.m3u8"
                )
            },
        )
    finally:
        process.kill()
        process.wait()


def medians(rounds: list[Reached]) -> Reached:
    return {
        name: (
            statistics.median(each[name][0] for each in rounds),
            statistics.median(each[name][1] for each in rounds),
        )
        for name in rounds[0]
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with Tidegate() as server:
        server.publish_url(0)
        rounds = []
        for number in range(asked.rounds):
            say(f"kill {number + 1} of {asked.rounds} …")
            rounds.append(platform_round(server))
        pusher = Pusher(server.publish_url(0), bench_file())
        until("the stream", lambda: answers(f"{server.url}/live/bench-0/index.m3u8"))
        edges = [edge_round(server) for _ in range(asked.rounds)]
        pusher.end()
    found = medians(rounds) | medians(edges)
    limits = {"publishers are let in": PUBLISHERS_LIMIT_S, "an edge serves live media": EDGE_LIMIT_S}
    rows = [
        [name, f"{cpu_s:.2f} s", f"{wall_s:.2f} s", verdict(cpu_s, limits[name]) if name in limits else ""]
        for name, (cpu_s, wall_s) in found.items()
    ]
    report(
        f"{asked.rounds} times killed and started again, medians",
        ["until", "CPU", "wall", "CPU against its limit"],
        rows,
        {name: {"cpu_s": cpu_s, "wall_s": wall_s} for name, (cpu_s, wall_s) in found.items()},
        as_json=asked.json,
    )


if __name__ == "__main__":
    main()
