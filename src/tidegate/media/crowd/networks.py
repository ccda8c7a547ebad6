"""Networks a viewer may be on: throughput over time, round trip, jitter. Pure; chance is an argument.

Throughput changes each second: its logarithm is an autoregressive process of the first order around the network's median,
so that a good second is followed by a good one; outages come and go with exponential times. That is the shape of what was
measured on the move, second by second: 3G by H. Riiser et al., "Commute Path Bandwidth Traces from 3G Networks" (ACM MMSys
2013), 4G by J. van der Hooft et al., "HTTP/2-Based Adaptive Streaming of HEVC Video Over 4G/LTE Networks" (IEEE
Communications Letters 20/11, 2016), and their logs can be read in place of a model (`trace_files`). The parameters below are
ours: round figures inside what these and the FCC's "Measuring Broadband America" show, not fitted to either.
"""

from math import exp, inf, log, sqrt
from random import Random

import msgspec

STEP_S = 1.0
"""As in the measured logs."""

TRACE_STEPS = 300
"""A trace begins again after five minutes."""

STEPS_MAX = 120
"""A transfer is looked ahead so many steps; what would take longer has failed before."""


class Trace(msgspec.Struct, frozen=True):
    """What a network does over time; it begins again at its end.

    Attributes:
        bps: bits per second, one for each `step_s`.
        rtt_s: round trip, and how much longer it takes on the mean at random (`jitter_s`).
    """

    bps: tuple[float, ...]
    step_s: float = STEP_S
    rtt_s: float = 0.0
    jitter_s: float = 0.0

    def rate(self, at_s: float, cap_bps: float = inf) -> float:
        return min(cap_bps, self.bps[int(at_s / self.step_s) % len(self.bps)])

    def finish(self, begin_s: float, bits: float, cap_bps: float = inf) -> float:
        """When `bits` have come through that start at `begin_s`, where nothing else is carried."""
        step = int(begin_s / self.step_s)
        at_s = begin_s
        for number in range(step, step + STEPS_MAX):
            rate = min(cap_bps, self.bps[number % len(self.bps)])
            until_s = (number + 1) * self.step_s
            can = rate * (until_s - at_s)
            if can >= bits:
                return min(until_s, at_s + bits / rate) if bits else at_s
            bits -= can
            at_s = until_s
        return at_s

    def carried(self, begin_s: float, end_s: float, cap_bps: float = inf) -> float:
        """Bits that come through between two times."""
        total, at_s = 0.0, begin_s
        for number in range(int(begin_s / self.step_s), int(begin_s / self.step_s) + STEPS_MAX):
            until_s = min(end_s, (number + 1) * self.step_s)
            if until_s <= at_s:
                break
            total += min(cap_bps, self.bps[number % len(self.bps)]) * (until_s - at_s)
            at_s = until_s
        return total


class Network(msgspec.Struct, frozen=True):
    """The parameters of a model.

    Attributes:
        median_bps: of throughput.
        spread: standard deviation of its natural logarithm; 0.5: two thirds of all seconds are within a factor of 1.65.
        memory: correlation of one second's logarithm with the next one's.
        outage_every_s: mean time between outages, 0: none; `outage_s`: mean length of one.
        sentence: what it stands for.
    """

    median_bps: float
    spread: float
    memory: float
    rtt_s: float
    jitter_s: float
    outage_every_s: float = 0.0
    outage_s: float = 0.0
    sentence: str = ""


NETWORKS: dict[str, Network] = {
    "fibre": Network(
        100e6, 0.15, 0.5, 0.008, 0.001, sentence="fibre to the home, by cable to the screen"
    ),
    "wifi": Network(
        30e6, 0.5, 0.8, 0.020, 0.008, 90.0, 0.4, sentence="a wireless router two rooms away, with neighbours"
    ),
    "4g": Network(20e6, 0.6, 0.9, 0.045, 0.015, 240.0, 1.0, sentence="a phone in town"),
    "3g-edge": Network(
        1.2e6, 0.5, 0.9, 0.120, 0.040, 120.0, 2.0, sentence="a phone at the edge of a 3G cell"
    ),
    "train": Network(
        5e6, 0.9, 0.9, 0.080, 0.040, 60.0, 5.0, sentence="a phone on a train, with tunnels"
    ),
}  # fmt: skip


def make_trace(network: Network, chance: Random) -> Trace:
    """One viewer's five minutes on this network."""
    mean, level = log(network.median_bps), chance.gauss(0.0, 1.0)
    fresh = sqrt(1 - network.memory**2)
    bps = []
    for _ in range(TRACE_STEPS):
        bps.append(exp(mean + network.spread * level))
        level = network.memory * level + fresh * chance.gauss(0.0, 1.0)
    for begin_s, end_s in _outages(network, chance):
        for step in range(int(begin_s), min(TRACE_STEPS, int(end_s) + 1)):
            lost = max(0.0, min(end_s, step + 1) - max(begin_s, step))
            bps[step] *= 1 - min(1.0, lost)
    return Trace(tuple(bps), STEP_S, network.rtt_s, network.jitter_s)


def _outages(network: Network, chance: Random) -> list[tuple[float, float]]:
    if not network.outage_every_s:
        return []
    found, at_s = [], chance.expovariate(1 / network.outage_every_s)
    while at_s < TRACE_STEPS * STEP_S:
        end_s = at_s + chance.expovariate(1 / network.outage_s)
        found.append((at_s, end_s))
        at_s = end_s + chance.expovariate(1 / network.outage_every_s)
    return found
