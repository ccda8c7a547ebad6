"""What all viewers of one channel may ask of an edge together: requests a second, connections at once.

In: a channel's rule, asked only where it has such a limit, so that all other channels pay nothing. Out: whether there is room.
A connection belongs to the channel it asked for last; one of a trusted proxy, which carries many viewers, to none.

At the bound of channels the one asked longest ago is forgotten, which fills its budget again.
"""

from collections import Counter, OrderedDict

from tidegate.media.edge.limits import BURST_S

CHANNELS_MAX = 4096


class Seat:
    """One connection's place. `channel` is the one it counts for, empty for none."""

    __slots__ = ("channel",)

    def __init__(self) -> None:
        self.channel = ""


class _Budget:
    __slots__ = ("at", "left")

    def __init__(self, left: float, at: float) -> None:
        self.left = left
        self.at = at


class ChannelLimits:
    """Budgets and seats of the channels that have limits."""

    def __init__(self) -> None:
        self._budgets: OrderedDict[str, _Budget] = OrderedDict()
        self._seated: Counter[str] = Counter()

    def spend(self, channel: str, per_s: float, now: float) -> bool:
        """Take one request of `per_s` a second, `now` in monotonic seconds; False where there is none left."""
        burst = per_s * BURST_S
        budget = self._budgets.get(channel)
        if budget is None:
            if len(self._budgets) >= CHANNELS_MAX:
                self._budgets.popitem(last=False)
            budget = self._budgets[channel] = _Budget(burst, now)
        else:
            self._budgets.move_to_end(channel)
        left = min(burst, budget.left + (now - budget.at) * per_s)
        budget.at = now
        if left < 1:
            budget.left = left
            return False
        budget.left = left - 1
        return True

    def sit(self, seat: Seat, channel: str, most: int) -> bool:
        """Count `seat` for `channel`, which `most` may be; False where all are taken."""
        if seat.channel == channel:
            return True
        if self._seated[channel] >= most:
            return False
        self.stand(seat)
        seat.channel = channel
        self._seated[channel] += 1
        return True

    def stand(self, seat: Seat) -> None:
        """The connection is over, or another channel's."""
        channel, seat.channel = seat.channel, ""
        if channel:
            self._seated[channel] -= 1
            if not self._seated[channel]:
                del self._seated[channel]

    def seated(self, channel: str) -> int:
        """Connections that count for `channel`."""
        return self._seated.get(channel, 0)
