"""What the gateway counts: plain integers, added to in passing and read at scrape time."""

from collections import Counter


class RtmpCounters:
    """Totals since start. Those of running connections are added when they end."""

    def __init__(self) -> None:
        self.connections = 0
        self.turned_away = 0
        """Connections closed unheard: too many in all, or from one address."""
        self.publishers = 0
        self.bytes_in = 0
        self.packets = 0
        self.dropped_frames = 0
        self.refusals: Counter[str] = Counter()
        """By error code. The codes are ours, so their number is bounded."""
