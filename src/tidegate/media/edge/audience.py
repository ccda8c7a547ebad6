"""Who watches: distinct viewers per channel, seen within the last seconds (`core.ports.Audience`).

In: one call per request of a viewer. Out: counts. A channel is counted once upstream has answered for it, so that
requests for channels that do not exist leave nothing here.

A player's first requests carry no session id yet: a page's preloads, a library that is not there. Until the session is
known its device (address and agent) stands for it, and the session then takes the device's place.
"""

from collections import OrderedDict

from tidegate.core.clock import Clock

EARLY_S = 5.0
"""How long a device's requests without a session are taken for those of its player that has just named one: what was asked
before, arrives after.
"""


class _Channel:
    __slots__ = ("named", "peak", "seen")

    def __init__(self) -> None:
        self.seen: OrderedDict[str, float] = OrderedDict()
        self.named: OrderedDict[str, float] = OrderedDict()
        """When a session last took each device's place; within `EARLY_S`, so no longer than `seen` may be."""
        self.peak = 0

    def is_named(self, device: str, now: float) -> bool:
        """Whether a player on `device` has just said its session."""
        at = self.named.get(device)
        return at is not None and now - at < EARLY_S


class ViewerTable:
    """Viewers by channel, in the order they were last seen; at the bound new ones are not counted.

    Attributes:
        sent_bytes: written to viewers since start; connections add to it.
        uncounted: sightings at the bound.
    """

    def __init__(self, clock: Clock, window_s: float, max_viewers: int, max_channels: int) -> None:
        self._clock = clock
        self._window_s = window_s
        self._max_viewers = max_viewers
        self._max_channels = max_channels
        self._channels: dict[str, _Channel] = {}
        self._count = 0
        self.sent_bytes = 0
        self.uncounted = 0

    def open(self, channel: str) -> None:
        """Count this channel's viewers from now on."""
        if channel in self._channels:
            return
        if len(self._channels) >= self._max_channels and not self._forget_one():
            return
        self._channels[channel] = _Channel()

    def knows(self, channel: str) -> bool:
        """Whether anything of this channel was served here."""
        return channel in self._channels

    def seen(self, channel: str, viewer: str, now: float, device: str = "") -> None:
        """`viewer` has asked for something of `channel` at `now`, monotonic seconds, from `device`."""
        table = self._channels.get(channel)
        if table is None:
            return
        if viewer in table.seen:
            table.seen[viewer] = now
            table.seen.move_to_end(viewer)
            return
        if device:
            self._name(table, viewer, device, now)
        if table.is_named(viewer, now):
            return
        if self._count < self._max_viewers:
            table.seen[viewer] = now
            self._count += 1
            table.peak = max(table.peak, len(table.seen))
        else:
            self.uncounted += 1

    def _name(self, table: _Channel, viewer: str, device: str, now: float) -> None:
        """A new `viewer` takes the place that its device has had for a moment."""
        if viewer == device:
            return
        if table.seen.pop(device, None) is not None:
            self._count -= 1
        while table.named and now - next(iter(table.named.values())) >= EARLY_S:
            table.named.popitem(last=False)
        table.named[device] = now
        table.named.move_to_end(device)
        if len(table.named) > self._max_viewers:
            table.named.popitem(last=False)

    def has_room(self, channel: str, viewer: str, most: int, device: str = "") -> bool:
        """Whether `viewer` may watch where `most` may: who watches already may go on, also under a name."""
        table = self._channels.get(channel)
        if table is None or len(table.seen) < most or viewer in table.seen or device in table.seen:
            return True
        now = self._clock.monotonic()
        self._expire(table, now)
        return len(table.seen) < most or table.is_named(viewer, now)

    def sweep(self, now: float) -> None:
        """Forget viewers not seen within the window; called about once a second."""
        for table in self._channels.values():
            self._expire(table, now)

    def begin_broadcast(self, channel: str) -> None:
        """A new broadcast: its peak counts from those who watch now."""
        table = self._channels.get(channel)
        if table is not None:
            self._expire(table, self._clock.monotonic())
            table.peak = len(table.seen)

    def viewers(self, channel: str) -> int:
        table = self._channels.get(channel)
        if table is None:
            return 0
        self._expire(table, self._clock.monotonic())
        return len(table.seen)

    def peak(self, channel: str) -> int:
        table = self._channels.get(channel)
        return table.peak if table is not None else 0

    def total(self) -> int:
        self.sweep(self._clock.monotonic())
        return self._count

    def egress_bytes(self) -> int:
        return self.sent_bytes

    def channels(self) -> dict[str, int]:
        """Viewers of every channel that has any."""
        self.sweep(self._clock.monotonic())
        return {name: len(table.seen) for name, table in self._channels.items() if table.seen}

    def _expire(self, table: _Channel, now: float) -> None:
        seen = table.seen
        while seen and now - next(iter(seen.values())) > self._window_s:
            seen.popitem(last=False)
            self._count -= 1

    def _forget_one(self) -> bool:
        empty = next((name for name, table in self._channels.items() if not table.seen), None)
        if empty is None:
            return False
        del self._channels[empty]
        return True
