"""Limits of the CMAF door, each with its reason."""

import msgspec


class CmafLimits(msgspec.Struct, frozen=True):
    """What one connection, one channel, and all together may take.

    Attributes:
        head_bytes: request line and headers together; encoders send below 1 KiB.
        connections: in all; the front door bounds them again together with viewers.
        uploads: running at once on one channel: a header, video and audio of an encoder that opens a connection
            for each segment, and those that are ending.
        tracks: names a publishing point remembers; the oldest header goes.
        head_deadline_s: from a request's first byte to the end of its headers.
        stall_s: an upload without a byte; an encoder sends a chunk at least every few seconds.
        idle_s: a connection between requests.
        point_idle_s: a publishing point between segments, before the encoder counts as gone.
        linger_s: how long a refused sender's bytes are read and dropped, so that the refusal arrives.
        unread_bytes: what a reader of the source may leave unread before it is cut.
    """

    head_bytes: int = 16 * 1024
    connections: int = 4096
    uploads: int = 16
    tracks: int = 8
    head_deadline_s: float = 10.0
    stall_s: float = 30.0
    idle_s: float = 75.0
    point_idle_s: float = 15.0
    linger_s: float = 2.0
    unread_bytes: int = 32 * 1024 * 1024
