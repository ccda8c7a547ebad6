"""Does what `faults.plan` says to real processes, and brings back what an operator's encoders would bring back.

Kills by process id alone: pushers of its own, the server of its own, and that server's children.
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import faults
from faults import Fault
from measure import say
from stage import Pusher, Pushers, StageError, Tidegate

SILENT_S = 2.0
RETRY_S = 0.5
"""How soon an encoder that was thrown out comes again."""

ALL_DIE_S = 30.0
"""After a fault of the whole platform, pushers may end for so long; after one of their own, for `OWN_END_S`."""

OWN_END_S = 10.0
TRANSCODER = ["-m", "tidegate.media.transcode"]


def command_line(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0")
    except OSError:
        return []


class Injury:
    """Inflicts faults and heals; `tend` is to be called several times a second."""

    def __init__(self, server: Tidegate, pushers: Pushers, ladders: int, plan: list[Fault]) -> None:
        self._server, self._pushers, self._ladders = server, pushers, ladders
        self._todo = list(reversed(plan))
        self.began_s = time.monotonic()
        self.done: list[Fault] = []
        self._later: list[tuple[float, Callable[[], None]]] = []
        self._ended_at: dict[int, float] = {}
        self.strange_ends: list[tuple[float, int]] = []
        """When a pusher ended that no fault explains, seconds from the beginning, and its channel."""

    def tend(self) -> None:
        now = time.monotonic()
        for due_s, step in [each for each in self._later if each[0] <= now]:
            self._later.remove((due_s, step))
            step()
        if self._todo and now - self.began_s >= self._todo[-1].due_s:
            self._inflict(self._todo.pop())
        for channel, pusher in enumerate(self._pushers.running):
            if not pusher.alive:
                self._back(channel, now)

    def transcoders(self) -> list[int]:
        """Process ids, the oldest first."""
        return sorted(pid for pid in self._server.tree.pids() if command_line(pid)[1:] == TRANSCODER)

    def _back(self, channel: int, now: float) -> None:
        if channel not in self._ended_at:
            self._ended_at[channel] = now
            if not self._explained(channel, now):
                self.strange_ends.append((now - self.began_s, channel))
                say(
                    f"{now - self.began_s:5.0f} s  the pusher of bench-{channel} ended, and no fault explains it"
                )
        if now - self._ended_at[channel] >= RETRY_S:
            del self._ended_at[channel]
            self._pushers.running[channel] = self._pushers.another(channel)

    def _explained(self, channel: int, now: float) -> bool:
        return any(
            now - fault.at_s < (ALL_DIE_S if fault.kind is faults.PLATFORM else OWN_END_S)
            for fault in self.done
            if fault.channel in {None, channel} and fault.kind not in faults.OF_LADDERS
        )

    def _inflict(self, fault: Fault) -> None:
        where = "" if fault.channel is None else f" (bench-{fault.channel})"
        say(f"{time.monotonic() - self.began_s:5.0f} s  {fault.kind.name}{where}")
        fault.at_s = time.monotonic()
        self.done.append(fault)
        if fault.kind is faults.PLATFORM:
            self._server.crash()
            self._server.begin()
        elif fault.kind in faults.OF_LADDERS:
            self._hit_transcoder(fault)
        else:
            assert fault.channel is not None
            try:
                self._hit_publisher(fault, fault.channel)
            except (OSError, StageError) as error:
                fault.at_s = 0.0
                say(f"       could not be done: {error}")

    def _hit_publisher(self, fault: Fault, channel: int) -> None:
        pusher = self._pushers.running[channel]
        if fault.kind is faults.CUT:
            pusher.end()
            self._pushers.running[channel] = self._pushers.another(channel)
        elif fault.kind is faults.SILENT:
            pusher.signal(signal.SIGSTOP)
            self._after(SILENT_S, lambda: pusher.signal(signal.SIGCONT))
        elif fault.kind is faults.KICK:
            self._server.api("DELETE", f"/streams/bench-{channel}/publisher")
        else:
            self._pushers.running[channel] = self._pushers.another(channel)
            self._after(SILENT_S, lambda: self._thrown_out(pusher, channel))

    def _thrown_out(self, older: Pusher, channel: int) -> None:
        """A real one would have ended when it was cut; one that has not was never cut."""
        if older.alive:
            say(f"       the older publisher of bench-{channel} still runs {SILENT_S:g} s after the takeover")
        older.end()

    def _hit_transcoder(self, fault: Fault) -> None:
        pids = self.transcoders()
        if not pids:
            fault.at_s = 0.0
            say("       there is no transcoder to hit")
            return
        before = self._restarts()
        # which ladder it makes is seen from whose restarts are counted up
        victim = pids[(fault.channel or 0) % len(pids)]
        os.kill(victim, signal.SIGKILL if fault.kind is faults.TRANSCODER else signal.SIGSTOP)
        fault.channel = None
        self._after(6.0, lambda: self._name_ladder(fault, before))

    def _name_ladder(self, fault: Fault, before: dict[int, int]) -> None:
        after = self._restarts()
        hit = [number for number in before if after.get(number, 0) > before[number]]
        if len(hit) == 1:
            fault.channel = hit[0]
        else:
            say(f"       restarts of ladders went from {before} to {after}: which one was hit is not known")

    def _restarts(self) -> dict[int, int]:
        try:
            return {
                number: self._server.api("GET", f"/streams/bench-{number}")["ladder"]["restarts"]
                for number in range(self._ladders)
            }
        except (OSError, StageError):
            return {}

    def _after(self, seconds: float, step: Callable[[], None]) -> None:
        self._later.append((time.monotonic() + seconds, step))
