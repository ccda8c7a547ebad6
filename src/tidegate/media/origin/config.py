"""What an operator may set about the origin."""

import msgspec


class OriginConfig(msgspec.Struct):
    """Durations in seconds. Each broadcast has one of its own, which all its parts share and `settings.obey` keeps as
    it is set.

    Attributes:
        target_s: EXT-X-TARGETDURATION; no segment rounds to more. The packager's longest segment.
        window_s: how much of a broadcast its playlist shows.
        memory_s: how much of the newest media stays in memory once it is stored.
        memory_max_s: how much stays there at most while it cannot be stored; older segments leave the playlist.
        memory_max_bytes: the same bound in bytes, for one stream.
        grace_s: how long a broadcast waits for a publisher that was cut off.
        linger_s: how long it waits for one that said goodbye.
        readable_s: how long an ended broadcast can still be read.
        waiters_max: requests that may wait at once for one stream; further ones are answered 503.
        switch_after_s: how long the publisher on air may be silent while another stands by.
        return_after_s: how long a primary that is back must be steady before viewers return to it.
        slate_after_s: how long nothing may come before the slate is shown.
    """

    target_s: int = 2
    window_s: float = 60.0
    memory_s: float = 5.0
    memory_max_s: float = 10.0
    memory_max_bytes: int = 64 << 20
    grace_s: float = 60.0
    linger_s: float = 10.0
    readable_s: float = 300.0
    waiters_max: int = 2000
    switch_after_s: float = 1.0
    return_after_s: float = 10.0
    slate_after_s: float = 2.0

    @property
    def hold_s(self) -> float:
        """How long a request waits at most: three target durations (RFC 8216bis 6.2.5.2)."""
        return 3.0 * self.target_s
