"""What telemetry costs while nothing happens: a server without streams and viewers, with telemetry and without.

Counted are the CPU-seconds of the server's own process and of the engine's, over the same span after both are up, and how long the
last round of alerts took. What is left without telemetry is what the platform costs by itself.

    python benchmarks/bench_telemetry_idle.py --seconds 60
"""

import argparse
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from measure import ProcessTree, report, say
from stage import Tidegate, TidegateWithoutTelemetry

SETTLE_S = 25.0
"""The engine is open, its tables are made, and the first round of alerts is over."""
THREADS_SHOWN = 5
TICKS = 100


@dataclass
class Result:
    server: str
    platform_percent: float
    engine_percent: float
    round_s: float = 0.0
    threads: dict[str, float] = field(default_factory=dict)


def thread_ticks(pid: int) -> Counter[str]:
    """CPU ticks of a process's threads, added up by their names (proc_pid_task_stat)."""
    ticks: Counter[str] = Counter()
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            text = (task / "stat").read_text()
        except OSError:  # it ended meanwhile
            continue
        name, fields = text[text.index("(") + 1 : text.rindex(")")], text[text.rindex(")") + 2 :].split()
        ticks[name] += int(fields[11]) + int(fields[12])
    return ticks


def engine_pid(root: int) -> int | None:
    """The engine's process among a server's."""
    for pid in ProcessTree(root).pids():
        if b"tidegate.telemetry" in Path(f"/proc/{pid}/cmdline").read_bytes():
            return pid
    return None


def measure(server: Tidegate, seconds: float) -> Result:
    with server:
        say(f"{server.name}: settling {SETTLE_S:.0f} s, then {seconds:.0f} s …")
        time.sleep(SETTLE_S)
        root = server.tree.pids()[0]
        engine = engine_pid(root)
        pids = [root, *([engine] if engine else [])]
        before = {pid: thread_ticks(pid) for pid in pids}
        time.sleep(seconds)
        used = {pid: thread_ticks(pid) - before[pid] for pid in pids}
        share = 100 / TICKS / seconds
        result = Result(
            server.name,
            used[root].total() * share,
            used[engine].total() * share if engine else 0.0,
        )
        if engine:
            result.threads = {name: ticks * share for name, ticks in used[engine].most_common(THREADS_SHOWN)}
            result.round_s = server.api("GET", "/alerts")["evaluator"]["seconds"]
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    results = [measure(server, asked.seconds) for server in (TidegateWithoutTelemetry(), Tidegate())]
    without, with_it = results
    rows = [
        [
            result.server,
            f"{result.platform_percent:.2f} %",
            f"{result.engine_percent:.2f} %",
            f"{result.round_s * 1000:.0f} ms" if result.round_s else "–",
            ", ".join(f"{name} {percent:.2f}" for name, percent in result.threads.items()) or "–",
        ]
        for result in results
    ]
    fixed = with_it.platform_percent + with_it.engine_percent - without.platform_percent
    rows.append(["what telemetry costs", "", f"{fixed:.2f} %", "", ""])
    report(
        f"An idle server, {asked.seconds:.0f} s, per cent of one core",
        ["server", "platform", "engine", "a round of alerts", "the engine's busiest threads"],
        rows,
        [asdict(result) for result in results],
        as_json=asked.json,
    )


if __name__ == "__main__":
    main()
