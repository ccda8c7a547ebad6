"""What does a synthetic viewer cost, and what does serving it? A crowd against `load` on the same stream, and the platform beside both.

Each crowd is a process of its own, as `tidegate crowd` is; its CPU-seconds and the platform's are read from /proc over the same stretch,
once all viewers have joined. A viewer plays video and sound in parts of 200 ms: some 20 requests a second.

    python benchmarks/bench_crowd.py --viewers 500 --seconds 15
"""

import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import CpuMeter, OthersMeter, ProcessTree, report, say, verdict
from stage import Pushers, Tidegate, bench_file

VIEWERS_PER_CORE = 2000
"""The limit the project set itself."""

JOIN_S = 4.0
SETTLE_S = 2.0
KINDS: dict[str, list[str]] = {
    "load": ["load", "--ramp", str(JOIN_S - SETTLE_S)],
    "crowd, no network": ["crowd", "--networks", "none", "--devices", "any"],
    "crowd, all kinds": ["crowd"],
    "crowd, zapping": ["crowd", "--arrivals", "churn", "--stay", "10"],
}


@dataclass(frozen=True)
class Cost:
    """Cores of a crowd's process and of the platform, while `viewers` play."""

    kind: str
    viewers: int
    crowd_cores: float
    platform_cores: float
    others_cores: float
    requests_per_s: float
    rebuffer_ratio: float
    latency_p50_s: float

    @property
    def per_core(self) -> float:
        return self.viewers / self.crowd_cores


def measure(server: Tidegate, url: str, kind: str, viewers: int, seconds: float) -> Cost:
    command, *words = KINDS[kind]
    lasts_s = seconds + JOIN_S + (0 if command == "crowd" else -(JOIN_S - SETTLE_S)) + 1.0
    process = subprocess.Popen(
        [Path(sys.executable).parent / "tidegate", command, url, *words, "--viewers", str(viewers),
         "--seconds", str(lasts_s), "--json"],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    time.sleep(JOIN_S)
    mine, its = CpuMeter(ProcessTree(process.pid)), CpuMeter(server.tree)
    others = OthersMeter(ProcessTree(process.pid))
    time.sleep(seconds)
    crowd_cores, platform_cores, rest = mine.stop(), its.stop(), others.stop()
    said = process.communicate(timeout=60)[0]
    found: dict[str, Any] = json.loads(said)
    whole = found.get("whole", found)
    return Cost(
        kind, viewers, crowd_cores, platform_cores, max(0.0, rest - platform_cores),
        found["requests"] / found["duration_s"],
        whole["rebuffer_s"] / (viewers * found["duration_s"]),
        whole["latency_s"]["p50"],
    )  # fmt: skip


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--viewers", type=int, default=500)
    words.add_argument("--seconds", type=float, default=12.0)
    words.add_argument("--kbps", type=int, default=1000, help="of the stream that they watch")
    words.add_argument(
        "--kind", choices=KINDS, action="append", help="measure this alone; may be given again"
    )
    words.add_argument("--json", action="store_true")
    asked = words.parse_args()
    costs = []
    with Tidegate() as server, Pushers(server, 1, bench_file(kbps=asked.kbps, size=(1280, 720))):
        for kind in asked.kind or KINDS:
            say(f"{kind}: {asked.viewers} viewers …")
            costs.append(measure(server, server.playlist_url(0), kind, asked.viewers, asked.seconds))
    rows = [
        [
            cost.kind, f"{cost.crowd_cores:.3f}", f"{cost.crowd_cores / cost.viewers * 1e6:.0f}", f"{cost.per_core:.0f}",
            verdict(VIEWERS_PER_CORE, cost.per_core), f"{cost.platform_cores / cost.viewers * 1e6:.0f}",
            f"{cost.requests_per_s:.0f}", f"{cost.rebuffer_ratio:.2%}", f"{cost.latency_p50_s:.2f}", f"{cost.others_cores:.2f}",
        ]
        for cost in costs
    ]  # fmt: skip
    headers = (
        "", "cores", "µs a viewer-second", "viewers a core", f"of {VIEWERS_PER_CORE}", "platform, µs a viewer-second",
        "requests/s", "rebuffering", "latency p50, s", "others, cores",
    )  # fmt: skip
    data = [{**vars(cost), "viewers_per_core": cost.per_core} for cost in costs]
    report(f"{asked.viewers} viewers of {asked.kbps} kbit/s", headers, rows, data, as_json=asked.json)


if __name__ == "__main__":
    main()
