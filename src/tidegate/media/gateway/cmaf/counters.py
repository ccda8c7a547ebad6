"""What the door counts: plain integers, added to in passing and read at scrape time."""

from collections import Counter


class CmafCounters:
    """Totals since start."""

    def __init__(self) -> None:
        self.connections = 0
        self.uploads = 0
        self.publishers = 0
        self.bytes_in = 0
        self.packets = 0
        self.rung_chunks = 0
        self.refusals: Counter[str] = Counter()
        """By error code. The codes are ours, so their number is bounded."""
