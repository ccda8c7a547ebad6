"""What the gateway counts: plain integers, added to in passing and read at scrape time."""

from collections import Counter


class SrtCounters:
    """Totals since start. Those of running publishers are added when they end."""

    def __init__(self) -> None:
        self.handshakes = 0
        """First halves of handshakes answered; they leave no trace."""
        self.strays = 0
        """Datagrams of nobody's: no handshake, or one with a wrong cookie."""
        self.turned_away = 0
        """Publishers refused before they were heard: too many in all, or from one address."""
        self.publishers = 0
        self.bytes_in = 0
        """Of media, unpacked."""
        self.packets = 0
        self.dropped_frames = 0
        self.datagrams = 0
        """Passed on to the processes that receive."""
        self.refusals: Counter[str] = Counter()
        """By error code. The codes are ours, so their number is bounded."""
