"""Puts a publisher's two clocks (video, audio) onto the broadcast's one timeline, whatever they do.

In: a packet's timestamp on the publisher's clock and its arrival. Out: its time on the broadcast's timeline,
microseconds. A step that time alone explains (frames dropped while the network stood still) is kept; one that it
does not (an encoder that started anew, a counter that wrapped) is taken out, for both tracks by the same amount, so
that sound stays with picture. Pure: arrival is an argument.
"""

from tidegate.media.cmaf.types import NoteCall

STEP_MAX_US = 1_000_000
"""A forward step up to this is a gap in the stream, never a jump."""

BACK_MAX_US = 100_000
"""A backward step up to this is disorder, never a jump."""

_NEVER_US = -(1 << 62)
"""The last packet's time before the first: a step from here is none."""

_PEER_NEAR_US = 500_000
"""How near the other track's jump must bring this one to be the same jump."""


class TrackClock:
    """One track's mapping. `offset_us` is what is added to the publisher's time."""

    __slots__ = ("_last_arrived", "_last_step", "_last_us", "_note", "jumps", "offset_us", "peer")

    def __init__(self, note: NoteCall) -> None:
        self._note = note
        self._last_us = _NEVER_US
        self._last_step = 0
        self._last_arrived = 0.0
        self.offset_us = 0
        self.jumps = 0
        self.peer: TrackClock | None = None

    def place(self, time_us: int, arrived_at: float) -> int:
        """The time of a packet that says `time_us` on the broadcast's timeline, microseconds."""
        step = time_us - self._last_us
        if not 0 <= step <= STEP_MAX_US:
            self._step(time_us, step, arrived_at)
        elif step:
            self._last_step = step
        self._last_us = time_us
        self._last_arrived = arrived_at
        return time_us + self.offset_us

    def _step(self, time_us: int, step: int, arrived_at: float) -> None:
        if self._last_us == _NEVER_US:
            return
        waited_us = (arrived_at - self._last_arrived) * 1e6
        if -BACK_MAX_US <= step < 0 or 0 < step <= waited_us + STEP_MAX_US:
            return
        expected_us = self._last_us + self.offset_us + self._last_step
        peer = self.peer
        if peer is not None and abs(time_us + peer.offset_us - expected_us) <= _PEER_NEAR_US:
            self.offset_us = peer.offset_us
        else:
            self.offset_us = expected_us - time_us
        self.jumps += 1
        self._note(
            "timestamp-jump",
            "warning",
            f"The encoder's timestamps jumped by {step / 1e6:+.1f} s.",
            "Playing goes on without a gap. If it repeats, restart the encoder, and do not change its clock.",
        )


def paired_clocks(note: NoteCall) -> tuple[TrackClock, TrackClock]:
    """Clocks of a video and an audio track that follow each other's jumps."""
    video, audio = TrackClock(note), TrackClock(note)
    video.peer, audio.peer = audio, video
    return video, audio
